"""What models are asked every day: by the operator's wish, or so that there is some."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

import structlog
from django.conf import settings
from django.db import transaction

from apps.accounts.domain.audit import Actor
from apps.catalog.selectors.models import list_models
from apps.core.errors import ConflictError, InvalidInputError
from apps.core.turns import await_turn
from apps.markets.selectors.liquid import list_liquid_markets
from apps.predictions.domain.asking import Asked
from apps.predictions.models import AskRun
from apps.predictions.services.asks import start_ask

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

logger = structlog.get_logger(__name__)

DAILY = "daily"
SCHEDULE = "schedule"
EMBEDDED = "embedded"


@transaction.atomic
def start_daily_ask(*, now: datetime) -> UUID | None:
    """Begin this day's asking, and return it.

    Returns None where it was begun already, no models are to be asked, there is no
    market to ask about yet, or what is set cannot be asked, which is logged.
    """
    await_turn("ask-daily")
    begun = AskRun.objects.filter(
        workspace=None,
        name=DAILY,
        # An operator may ask under that name as well; it is not this day's asking.
        trigger=SCHEDULE,
        created_at__date=now.date(),
    )
    models = choose_daily_models()
    if not models or begun.exists():
        return None
    # One of an event: they move together, and say little more than one.
    markets = list_liquid_markets(
        now=now, limit=settings.ASK_DAILY_MARKETS, per_event=1
    )
    if not markets:
        return None
    asked = Asked(
        experiment=DAILY,
        models=models,
        markets=tuple(str(one.id) for one in markets),
        max_cost=Decimal(settings.ASK_DAILY_COST),
    )
    try:
        with transaction.atomic():
            started = start_ask(
                workspace_id=None,
                asked=asked,
                trigger=SCHEDULE,
                actor=Actor(label="the scheduler"),
                now=now,
            )
    except (ConflictError, InvalidInputError) as error:
        logger.warning("daily_ask_refused", why=str(error))
        return None
    return started.run_id


def choose_daily_models() -> tuple[str, ...]:
    """Return the models that are asked daily: the set ones, else the embedded one.

    That is where there is no other: it costs a moment of this machine and nothing
    else, and a new installation has predictions to look at.
    """
    if not settings.ASK_DAILY_MARKETS:
        return ()
    if settings.ASK_DAILY_MODELS:
        return tuple(settings.ASK_DAILY_MODELS)
    available = [
        one for one in list_models(include_deprecated=False) if one.is_available
    ]
    if any(one.provider.gateway != EMBEDDED for one in available):
        return ()
    return tuple(one.full_name for one in available[:1])
