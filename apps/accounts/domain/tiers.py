"""What a tier gives: the frozen view that every product asks.

Tiers themselves are data, changed in the admin; the ones here are what a fresh
installation starts with, and the free one stands in where there is none.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import TYPE_CHECKING, ClassVar

from apps.core.errors import ForbiddenError

if TYPE_CHECKING:
    from collections.abc import Iterable


class Entitlement(StrEnum):
    """One thing that a tier may include."""

    LEADERBOARDS = "leaderboards"
    PUBLIC_REPORTS = "public_reports"
    PAGE_EXPORTS = "page_exports"
    OWN_TASKS = "own_tasks"
    RUNS_ON_DEMAND = "runs_on_demand"
    ALERTS = "alerts"
    STREAMS = "streams"
    BULK_EXPORTS = "bulk_exports"
    PRIVATE_SUITES = "private_suites"
    WHITE_LABEL = "white_label"
    SLA_REPORT = "sla_report"
    IP_ALLOW_LISTS = "ip_allow_lists"
    DEDICATED_QUEUE = "dedicated_queue"

    @property
    def words(self) -> str:
        """Return it as a person reads it."""
        return _WORDS[self]


_WORDS = {
    Entitlement.LEADERBOARDS: "leaderboards, live on the page",
    Entitlement.PUBLIC_REPORTS: "public reports",
    Entitlement.PAGE_EXPORTS: "CSV and JSON of every page",
    Entitlement.OWN_TASKS: "own tasks",
    Entitlement.RUNS_ON_DEMAND: "runs on demand",
    Entitlement.ALERTS: "alerts",
    Entitlement.STREAMS: "streams by API",
    Entitlement.BULK_EXPORTS: "bulk exports by API",
    Entitlement.PRIVATE_SUITES: "private suites",
    Entitlement.WHITE_LABEL: "white-label pages",
    Entitlement.SLA_REPORT: "an SLA report",
    Entitlement.IP_ALLOW_LISTS: "IP allow-lists for keys",
    Entitlement.DEDICATED_QUEUE: "a dedicated queue",
}


# What tiers include already and nothing yet asks for: pages say so.
TO_COME = frozenset(
    {
        Entitlement.OWN_TASKS,
        Entitlement.ALERTS,
        Entitlement.WHITE_LABEL,
        Entitlement.SLA_REPORT,
    }
)


@dataclass(frozen=True, slots=True)
class Promise:
    """One entitlement as a price list shows it."""

    words: str
    is_to_come: bool


def list_promises(granted: frozenset[Entitlement]) -> list[Promise]:
    """Return what is granted, in the order in which entitlements are defined."""
    return [Promise(one.words, one in TO_COME) for one in Entitlement if one in granted]


# Where plans are not for sale, or a workspace has terms of its own.
IN_THE_ADMIN = "admin, Workspaces, Tier override"


class EntitlementError(ForbiddenError):
    """The tier of the workspace does not include what was asked for."""

    code: ClassVar[str] = "entitlement_missing"


@dataclass(frozen=True, slots=True)
class Limit:
    """So many calls within so many seconds; None is no limit."""

    calls: int | None
    seconds: int = 3600


@dataclass(frozen=True, slots=True)
class Tier:
    """One plan. Prices are US dollars; None is a price by agreement.

    `history_days` is how far back its workspaces see, None is all the way.
    `trial_days` may be tried for nothing, once.
    `monthly_lookup` and `yearly_lookup` find the prices at the biller, "" where the
    plan is not sold that way.
    """

    slug: str
    name: str
    monthly_price: Decimal | None
    yearly_price: Decimal | None
    limit: Limit
    history_days: int | None
    granted: frozenset[Entitlement]
    monthly_lookup: str = ""
    yearly_lookup: str = ""
    trial_days: int = 0


@dataclass(frozen=True, slots=True)
class Entitlements:
    """What one workspace has at this moment, its overrides counted in."""

    tier: Tier
    limit: Limit
    history_days: int | None
    granted: frozenset[Entitlement]

    def allows(self, wanted: Entitlement) -> bool:
        """Return whether the workspace has something."""
        return wanted in self.granted

    def require(self, wanted: Entitlement) -> None:
        """Pass where the workspace has it.

        Raises:
            EntitlementError: its tier does not include it.
        """
        if not self.allows(wanted):
            raise EntitlementError(
                f"The {self.tier.name} tier does not include {wanted.words} "
                f"({wanted.value}): see /pricing/ for the tiers that do, or have an "
                f"operator agree on it: {IN_THE_ADMIN}."
            )


def require_history(entitled: Entitlements, days: float, tiers: Iterable[Tier]) -> None:
    """Pass where so many days back are shown.

    Raises:
        EntitlementError: they are not; it names the first of `tiers` that shows them.
    """
    if entitled.history_days is None or days <= entitled.history_days:
        return
    enough = [
        tier.name
        for tier in tiers
        if tier.history_days is None or tier.history_days >= days
    ]
    has = f"the {enough[0]} tier has it" if enough else "no tier has it"
    raise EntitlementError(
        f"The {entitled.tier.name} tier shows {entitled.history_days} days of history, "
        f"and this is further back (history): {has}, see /pricing/."
    )


_FREE = frozenset(
    {
        Entitlement.LEADERBOARDS,
        Entitlement.PUBLIC_REPORTS,
        Entitlement.PAGE_EXPORTS,
    }
)
_PRO = _FREE | {
    Entitlement.OWN_TASKS,
    Entitlement.RUNS_ON_DEMAND,
    Entitlement.ALERTS,
    Entitlement.STREAMS,
    Entitlement.BULK_EXPORTS,
}

FREE = Tier(
    slug="free",
    name="Free",
    monthly_price=Decimal(0),
    yearly_price=Decimal(0),
    limit=Limit(100),
    history_days=7,
    granted=_FREE,
)
PRO = Tier(
    slug="pro",
    name="Pro",
    monthly_price=Decimal(49),
    yearly_price=Decimal(490),
    limit=Limit(10_000),
    history_days=90,
    granted=_PRO,
    monthly_lookup="assay_pro_monthly",
    yearly_lookup="assay_pro_yearly",
    trial_days=14,
)
ENTERPRISE = Tier(
    slug="enterprise",
    name="Enterprise",
    monthly_price=Decimal(499),
    yearly_price=None,
    limit=Limit(None),
    history_days=None,
    granted=frozenset(Entitlement),
    monthly_lookup="assay_enterprise_monthly",
)
BUILT_IN = (FREE, PRO, ENTERPRISE)

# What staff of the installation see.
EVERYTHING = Entitlements(
    tier=ENTERPRISE,
    limit=Limit(None),
    history_days=None,
    granted=frozenset(Entitlement),
)
