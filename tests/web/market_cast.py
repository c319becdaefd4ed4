"""The cast of the markets' pages: three experiments on twelve markets, hour by hour."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

from apps.markets.domain.markets import Nature, QuoteFlag, VenueKind
from apps.markets.models import Market, Settlement
from apps.predictions.models import Attempt, Experiment, Prediction, Summary
from apps.predictions.services.scores import recompute_scores
from tests.markets.make import make_market, make_quote, make_venue
from tests.predictions.hours import make_hours, make_snapshot
from tests.predictions.make import make_experiment, make_prediction
from tests.predictions.scored import look, make_markets, predict_all

if TYPE_CHECKING:
    from apps.accounts.models import Workspace

HOSTILE = "<script>alert(1)</script> \"'><img src=x onerror=alert(2)> {{ 7|add:7 }}"
HOUR = timedelta(hours=1)
# Of twelve events nine come.
VALUES = [1.0] * 9 + [0.0] * 3


@dataclass(frozen=True, slots=True)
class Shown:
    """What the pages show."""

    experiment: Experiment
    other: Experiment
    prediction: Prediction
    market: Market
    settled: Prediction

    @property
    def addresses(self) -> list[str]:
        """Every page of the bench of markets that stands at present."""
        one = f"/predictions/{self.prediction.pk}/"
        return [
            "/predictions/",
            "/predictions/?sort=convergence",
            "/predictions/?backtest=yes",
            "/predictions/?nature=simulated",
            one,
            f"{one}?period=30d&page=2",
            f"/predictions/{self.settled.pk}/",
            f"/predictions/experiments/{self.experiment.pk}/",
            f"/predictions/experiments/{self.other.pk}/?nature=simulated",
            f"/predictions/experiments/{self.experiment.pk}/?with={self.other.pk}",
            "/predictions/live/",
            "/predictions/all/",
            f"/predictions/all/?experiment={self.experiment.pk}&status=COMPLETED",
            f"/predictions/all/?market={self.market.pk}",
            "/predictions/all/?nature=live&ending=settled&probability=0.9..1&q=m",
            "/markets/",
            "/markets/?status=open&q=script",
            f"/markets/{self.market.pk}/",
            f"/markets/{self.settled.market_id}/",
        ]


def make_shown(workspace: Workspace | None = None) -> Shown:
    """Make all of it; the experiments are a workspace's own where one is given."""
    owner = {"workspace": workspace}
    markets = make_markets(14)
    experiments = [
        make_experiment(name, title=title, **owner)
        for name, title in (
            ("knowing", "Knows what it does"),
            ("copying", "Says what the market says"),
            ("contrary", "Always of another mind"),
        )
    ]
    shares = ([0.9 if value else 0.2 for value in VALUES], [0.605] * 12, [0.35] * 12)
    made = [
        predict_all(one, markets[:12], said, VALUES, confidence=Decimal(70))
        for one, said in zip(experiments, shares, strict=True)
    ]
    for one in experiments[::2]:
        look(make_prediction(one, markets[12], "0.70"), 0.66)
    Settlement.objects.filter(market=markets[0]).update(
        rule="final price", evidence={"outcomePrices": '["1", "0"]', "note": HOSTILE}
    )
    prediction = make_tracked(experiments[0], markets[13])
    recompute_scores(now=datetime.now(UTC))
    return Shown(experiments[0], experiments[1], prediction, markets[13], made[0][0])


def make_tracked(experiment: Experiment, market: Market) -> Prediction:
    """A prediction with fifty hours, of which some are flagged and some missing."""
    now = datetime.now(UTC)
    first = now.replace(minute=0, second=0, microsecond=0) - 52 * HOUR
    Market.objects.filter(pk=market.pk).update(
        question=HOSTILE, event_title=HOSTILE, quoted_at=now - HOUR
    )
    prediction = make_prediction(
        experiment,
        market,
        "0.75",
        confidence=Decimal(80),
        created_at=first,
        market_quoted_at=first,
        market_price_shown=market.mid,
        cost=Decimal("0.0021"),
        reasoning=HOSTILE,
        reference=HOSTILE[:60],
    )
    prices = [0.6 + 0.002 * n + (0.01 if n % 5 == 0 else 0.0) for n in range(40)]
    make_snapshot(prediction, first + 48 * HOUR, 0.5, flags=int(QuoteFlag.WIDE))
    make_snapshot(prediction, first + 49 * HOUR, 0.52, flags=int(QuoteFlag.STALE))
    make_hours(prediction, first + HOUR, prices, convergence_1h=0.002)
    for hours in range(30):
        make_quote(market, f"{0.6 + 0.003 * hours:.3f}", first + hours * HOUR)
    Summary.objects.filter(pk=prediction.pk).update(reached_at=first + 3 * HOUR)
    make_quote(market, "0.50", first + 31 * HOUR, flags=int(QuoteFlag.WIDE))
    make_attempts(prediction)
    return prediction


def make_attempts(prediction: Prediction) -> None:
    """One answer that was refused, and the one that counts."""
    for number, outcome in enumerate(("out_of_range", "ok"), start=1):
        Attempt.objects.create(
            experiment_id=prediction.experiment_id,
            market_id=prediction.market_id,
            prediction=prediction,
            sample=1,
            attempt=number,
            outcome=outcome,
            prompt=f"What is the probability that {HOSTILE}?",
            answer=HOSTILE,
            probability=0.75 if outcome == "ok" else None,
            provider_model="small",
            input_tokens=310,
            output_tokens=40,
            cost=Decimal("0.00105"),
        )


def make_simulated(name: str = "made-up") -> Prediction:
    """A prediction on a market that a program makes."""
    venue = make_venue(
        "simulated",
        kind=VenueKind.SIMULATED.value,
        nature=Nature.SIMULATED.value,
        display_name="Simulation",
    )
    market = make_market("sim", venue=venue)
    made = make_prediction(make_experiment(name), market)
    recompute_scores(now=datetime.now(UTC))
    return made
