"""What an asking names, and what may be said of a market to a model."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from apps.catalog.selectors.models import list_models, resolve_models
from apps.catalog.selectors.offered import find_offered
from apps.core.errors import Fault, InvalidFieldsError, InvalidInputError, NotFoundError
from apps.markets.domain.markets import MarketStatus, Nature
from apps.markets.selectors.liquid import list_liquid_markets
from apps.markets.selectors.references import find_markets
from apps.predictions.domain.asking import MOST_MARKETS, MOST_MODELS
from apps.predictions.domain.prompts import PROMPTS, Question

if TYPE_CHECKING:
    from datetime import datetime
    from decimal import Decimal
    from uuid import UUID

    from apps.catalog.selectors.models import ModelRow
    from apps.markets.selectors.markets import MarketRow
    from apps.predictions.domain.asking import Asked


@dataclass(frozen=True, slots=True)
class Meant:
    """What an asking means: rows in the place of names."""

    models: tuple[ModelRow, ...]
    markets: tuple[MarketRow, ...]


def question_about(
    market: MarketRow, outcome: int, *, price: Decimal | None
) -> Question:
    """Return what may be said of a market, and its outcome's price if it is shown.

    Everything is named here: a column that a market gets later is told to nobody.
    """
    return Question(
        question=market.question,
        outcomes=market.outcomes,
        outcome=outcome,
        # What stands in for a market describes itself: that it is none is no rule.
        rules=market.description if market.nature is Nature.LIVE else "",
        event=market.event_title,
        opened_at=market.opened_at,
        ends_at=market.ends_at,
        price=price,
    )


def resolve_asked(workspace_id: UUID | None, asked: Asked, *, now: datetime) -> Meant:
    """Return what an asking names.

    Raises:
        InvalidFieldsError: names stand for nothing, or for a market that has ended;
            each is named, with where it stands.
    """
    faults: list[Fault] = []
    models = _resolve_models(workspace_id, asked.models, faults)
    markets = _resolve_markets(asked, now, faults)
    if asked.outcome not in (0, 1):
        faults.append(Fault("outcome", "use 0 for the first outcome, 1 for the second"))
    if asked.prompt_version and asked.prompt_version not in PROMPTS:
        what = f"there is no {asked.prompt_version!r}; there are {', '.join(PROMPTS)}"
        faults.append(Fault("prompt_version", what))
    if faults:
        raise InvalidFieldsError(faults)
    return Meant(models, markets)


def _resolve_models(
    workspace_id: UUID | None, names: tuple[str, ...], faults: list[Fault]
) -> tuple[ModelRow, ...]:
    if not 1 <= len(set(names)) <= MOST_MODELS:
        faults.append(Fault("models", f"name 1 to {MOST_MODELS} models"))
        return ()
    if workspace_id is None:
        try:
            return resolve_models(",".join(names))
        except InvalidInputError as error:
            faults.append(Fault("models", str(error).rstrip(".")))
            return ()
    rows = list_models()
    found = [find_offered(name, rows) for name in names]
    faults += [one for one in found if isinstance(one, Fault)]
    models = {one.id: one for one in found if not isinstance(one, Fault)}
    return tuple(models.values())


def _resolve_markets(
    asked: Asked, now: datetime, faults: list[Fault]
) -> tuple[MarketRow, ...]:
    if asked.markets:
        return _named_markets(asked, faults)
    if asked.query is None:
        what = 'name them, or words of a query that finds them ("" finds all)'
        faults.append(Fault("markets", what))
        return ()
    if not 1 <= asked.limit <= MOST_MARKETS:
        faults.append(Fault("limit", f"use 1 to {MOST_MARKETS}"))
        return ()
    try:
        found = list_liquid_markets(
            now=now, query=asked.query, venue=asked.venue, limit=asked.limit
        )
    except NotFoundError as error:
        faults.append(Fault("venue", str(error).rstrip(".")))
        return ()
    if not found:
        faults.append(Fault("query", "no open market with a usable price is found"))
    return found


def _named_markets(asked: Asked, faults: list[Fault]) -> tuple[MarketRow, ...]:
    if asked.query or asked.venue:
        faults.append(Fault("markets", "name markets, or a query and a venue"))
    if len(asked.markets) > MOST_MARKETS:
        faults.append(Fault("markets", f"name {MOST_MARKETS} markets at most"))
        return ()
    found = find_markets(asked.markets)
    for name in asked.markets:
        market = found.get(name)
        if market is None:
            faults.append(Fault("markets", f"no market {name!r} is known here"))
        elif market.status is not MarketStatus.OPEN:
            what = f"{name} is {market.status.value}: ask about open markets only"
            faults.append(Fault("markets", what))
    rows = {row.id: row for row in found.values()}
    return tuple(rows.values())
