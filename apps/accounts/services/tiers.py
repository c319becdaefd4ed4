"""The tiers of a fresh installation."""

from __future__ import annotations

from django.db import transaction

from apps.accounts.domain.tiers import BUILT_IN, FREE
from apps.accounts.models import Tier


@transaction.atomic
def load_tiers() -> int:
    """Store the built-in tiers where there are none, and return how many were made.

    What an operator changed, added or removed stays so.
    """
    if Tier.objects.exists():
        return 0
    made = Tier.objects.bulk_create(
        [
            Tier(
                slug=tier.slug,
                name=tier.name,
                position=position,
                is_default=tier is FREE,
                monthly_price=tier.monthly_price,
                yearly_price=tier.yearly_price,
                monthly_lookup=tier.monthly_lookup,
                yearly_lookup=tier.yearly_lookup,
                trial_days=tier.trial_days,
                calls_per_hour=tier.limit.calls,
                history_days=tier.history_days,
                granted=sorted(one.value for one in tier.granted),
            )
            for position, tier in enumerate(BUILT_IN)
        ],
        ignore_conflicts=True,  # two first starts at once
    )
    return len(made)
