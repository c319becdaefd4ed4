from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from apps.accounts.domain.tiers import (
    ENTERPRISE,
    FREE,
    PRO,
    TO_COME,
    Entitlement,
    EntitlementError,
    Limit,
)
from apps.accounts.models import Subscription, Tier, TierOverride
from apps.accounts.selectors.entitlements import (
    entitlements,
    get_default_tier,
    list_tiers,
)
from apps.accounts.services.tiers import load_tiers
from tests.accounts.cast import NOW
from tests.architecture.sources import ROOT

if TYPE_CHECKING:
    from django.test import Client

    from tests.accounts.cast import Cast

pytestmark = pytest.mark.django_db

# Every tier has them, and so does whoever only looks.
OPEN_TO_ALL = {
    Entitlement.LEADERBOARDS,
    Entitlement.PUBLIC_REPORTS,
    Entitlement.PAGE_EXPORTS,
}


def subscribe(cast: Cast, slug: str = "pro", **fields: object) -> Subscription:
    values: dict[str, object] = {
        "stripe_id": f"sub_{slug}",
        "status": "active",
        "interval": "month",
        "started_at": NOW,
        "current_period_end": NOW + timedelta(days=30),
    }
    return Subscription.objects.create(
        workspace=cast.workspace,
        tier=Tier.objects.get(slug=slug),
        **values | fields,
    )


def test_a_fresh_installation_has_the_three_tiers_once() -> None:
    assert (load_tiers(), load_tiers()) == (3, 0)
    assert list_tiers() == (FREE, PRO, ENTERPRISE)
    assert get_default_tier() == FREE


def test_a_tier_that_an_operator_changed_is_left_so() -> None:
    load_tiers()
    Tier.objects.filter(slug="pro").update(calls_per_hour=20_000)
    load_tiers()
    assert list_tiers()[1].limit == Limit(20_000)


def test_an_installation_without_tiers_gives_what_free_gives(cast: Cast) -> None:
    Tier.objects.all().delete()
    assert entitlements(cast.workspace.id, NOW).tier == FREE


def test_nobody_in_particular_has_the_default_tier(cast: Cast) -> None:
    assert entitlements(None, NOW).limit == Limit(100)


def test_a_subscription_gives_its_tier(cast: Cast) -> None:
    subscribe(cast)
    entitled = entitlements(cast.workspace.id, NOW)
    assert (entitled.tier.slug, entitled.limit, entitled.history_days) == (
        "pro",
        Limit(10_000),
        90,
    )
    entitled.require(Entitlement.RUNS_ON_DEMAND)


@pytest.mark.parametrize("status", ["canceled", "unpaid", "incomplete", "paused"])
def test_a_subscription_that_is_not_live_gives_nothing(cast: Cast, status: str) -> None:
    subscribe(cast, status=status)
    assert entitlements(cast.workspace.id, NOW).tier == FREE


def test_a_missing_payment_is_borne_for_seven_days(cast: Cast) -> None:
    subscribe(cast, status="past_due", past_due_since=NOW)
    for days, slug in ((0, "pro"), (6.99, "pro"), (7, "free")):
        found = entitlements(cast.workspace.id, NOW + timedelta(days=days))
        assert found.tier.slug == slug


def test_of_two_subscriptions_the_dearer_counts(cast: Cast) -> None:
    subscribe(cast, "enterprise")
    subscribe(cast, "pro")
    assert entitlements(cast.workspace.id, NOW).tier.slug == "enterprise"


def test_what_a_tier_lacks_is_named_in_the_refusal(cast: Cast) -> None:
    with pytest.raises(EntitlementError, match=r"Free.*runs on demand") as caught:
        entitlements(cast.workspace.id, NOW).require(Entitlement.RUNS_ON_DEMAND)
    assert (caught.value.status, caught.value.code) == (403, "entitlement_missing")


def test_an_override_adds_withholds_and_sets_until_it_expires(cast: Cast) -> None:
    TierOverride.objects.create(
        workspace=cast.workspace,
        sets_calls=True,
        calls_per_hour=500,
        sets_history=True,
        granted=["alerts"],
        withheld=["page_exports"],
        expires_at=NOW + timedelta(days=1),
        reason="A month to try",
    )
    entitled = entitlements(cast.workspace.id, NOW)
    assert (entitled.limit, entitled.history_days) == (Limit(500), None)
    assert entitled.granted == (FREE.granted | {Entitlement.ALERTS}) - {
        Entitlement.PAGE_EXPORTS
    }
    after = entitlements(cast.workspace.id, NOW + timedelta(days=1))
    assert after.granted == FREE.granted


def test_an_override_may_stand_in_for_a_subscription(cast: Cast) -> None:
    TierOverride.objects.create(
        workspace=cast.workspace, tier=Tier.objects.get(slug="enterprise"), reason="us"
    )
    assert entitlements(cast.workspace.id, NOW).limit == Limit(None)


def test_what_is_to_come_is_marked_where_tiers_are_listed(client: Client) -> None:
    load_tiers()
    page = " ".join(client.get("/pricing/").content.decode().split())
    marked = page.split('<span class="tag">not yet</span>')[:-1]
    assert [part.rsplit("<li>", 1)[1].strip() for part in marked] == [
        "own tasks",
        "alerts",
        "own tasks",
        "alerts",
        "white-label pages",
        "an SLA report",
    ]
    assert "from <b" in page.split("Enterprise")[1]


def test_every_entitlement_is_asked_for_somewhere_or_marked() -> None:
    sources = [path.read_text() for path in (ROOT / "apps").rglob("*.py")]
    asked = {one for one in Entitlement if any(_asks(text, one) for text in sources)}
    assert set(Entitlement) - asked - TO_COME == OPEN_TO_ALL
    assert asked & TO_COME == set()


def _asks(text: str, one: Entitlement) -> bool:
    named = f"Entitlement.{one.name}"
    return any(f"{verb}({named})" in text for verb in ("require", "allows"))
