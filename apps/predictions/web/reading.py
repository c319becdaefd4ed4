"""Reading what addresses of predictions ask for, as far as a tier shows it."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from apps.accounts.viewers import entitlements_of
from apps.core.web.queries import read_choice
from apps.markets.domain.markets import Nature

if TYPE_CHECKING:
    from django.http import HttpRequest

NATURES = {
    "live": "Live markets",
    "recorded": "Recorded",
    "simulated": "Simulated",
}
# What a page hides, for `partials/hidden_history.html`.
HIDDEN = "ASSAY_HIDDEN_HISTORY"
PERIODS = {"2d": 2, "7d": 7, "30d": 30}
DEFAULT_PERIOD = "7d"


def read_nature(request: HttpRequest) -> Nature | None:
    """Return the nature that the address asks for, None where it is silent.

    Raises:
        InvalidInputError: it is unknown.
    """
    asked = read_choice(request, "nature", tuple(NATURES), "")
    return Nature(asked) if asked else None


def read_since(
    request: HttpRequest,
    newest: datetime | None,
    now: datetime,
    *,
    oldest: datetime,
) -> tuple[str, datetime]:
    """Return the period that the address asks for, and when it begins.

    It ends with the newest hour that there is. Where the tier shows less of what there
    is since `oldest`, the page says so.

    Raises:
        InvalidInputError: the period is unknown.
    """
    asked = read_choice(request, "period", tuple(PERIODS), DEFAULT_PERIOD)
    since = (newest or now) - timedelta(days=PERIODS[asked])
    entitled = entitlements_of(request, now)
    if entitled.history_days is None:
        return asked, since
    first = now - timedelta(days=entitled.history_days)
    if first > max(since, oldest):
        request.META[HIDDEN] = (
            f"The {entitled.tier.name} tier shows {entitled.history_days} days of "
            "history, which is not all of this period; that hides nothing for good."
        )
    return asked, max(first, since)
