"""`manage.py predictions ensemble`: what several experiments make of open markets."""

from __future__ import annotations

import json
from datetime import timedelta
from io import StringIO
from typing import TYPE_CHECKING, Any

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.utils import timezone

from apps.predictions.models import Experiment, Prediction, Summary
from apps.predictions.selectors.audit import audit_chains
from tests.markets.make import NOW, make_market
from tests.predictions.make import make_experiment, make_prediction

if TYPE_CHECKING:
    from apps.markets.models import Market
    from tests.accounts.cast import Cast

pytestmark = pytest.mark.django_db


def open_market(name: str, **fields: Any) -> Market:
    return make_market(name, **{"quoted_at": timezone.now(), **fields})


def predict(experiment: Experiment, market: Market, share: str, **fields: Any) -> None:
    make_prediction(
        experiment, market, share, **{"created_at": timezone.now(), **fields}
    )


@pytest.fixture
def members() -> list[Experiment]:
    return [make_experiment(name) for name in "abc"]


def ensemble(*words: str, method: str = "median") -> tuple[dict[str, Any], str]:
    stdout, stderr = StringIO(), StringIO()
    base = ("predictions", "ensemble", "--experiment", "pool", "--json")
    members = () if "--from" in words else ("--from", "a,b,c")
    call_command(
        *base, "--method", method, *members, *words, stdout=stdout, stderr=stderr
    )
    return json.loads(stdout.getvalue()), stderr.getvalue()


def pool() -> Any:
    return Prediction.objects.filter(experiment__name="pool").order_by("sequence")


def counts(told: dict[str, Any]) -> tuple[int, int, int, int]:
    skipped = len(told["skipped"])
    return told["recorded"], told["unchanged"], told["too_few_members"], skipped


def test_an_ensemble_is_an_experiment_that_says_what_it_is_made_of(
    members: list[Experiment],
) -> None:
    market = open_market("rain")
    for one, share in zip(members, ("0.1", "0.5", "0.6"), strict=True):
        predict(one, market, share)
    told, _ = ensemble()
    assert counts(told) == (1, 0, 0, 0)
    made = Experiment.objects.get(name="pool")
    assert (made.kind, made.method) == ("ensemble", "median")
    assert made.parameters["members"] == [str(one.pk) for one in members]
    (row,) = pool()
    assert (row.outcome, str(row.probability)) == (0, "0.50000000")
    ids = Prediction.objects.exclude(experiment=made).order_by("experiment__name")
    assert [one["prediction_id"] for one in row.provenance["members"]] == [
        str(one.pk) for one in ids
    ]
    assert all(audit.broken is None for audit in audit_chains(made.pk))


def test_members_are_turned_to_the_first_outcome(members: list[Experiment]) -> None:
    market = open_market("rain")
    predict(members[0], market, "0.2")
    predict(members[1], market, "0.7", outcome=1, market_price_shown="0.45")
    predict(members[2], market, "0.9")
    ensemble()
    (row,) = pool()
    assert str(row.probability) == "0.30000000"
    assert str(row.market_price_shown) == "0.55000000"


def test_a_market_that_some_have_not_predicted_waits_or_is_left_to_the_others(
    members: list[Experiment],
) -> None:
    market = open_market("rain")
    for one in members[:2]:
        predict(one, market, "0.5")
    predict(members[2], open_market("snow"), "0.5")
    assert counts(ensemble()[0]) == (0, 0, 2, 0)
    with pytest.raises(CommandError, match="pool is made otherwise"):
        ensemble("--min-members", "2")
    Experiment.objects.filter(name="pool").delete()
    assert counts(ensemble("--min-members", "2")[0]) == (1, 0, 1, 0)


def test_running_again_predicts_only_what_a_member_has_newly_predicted(
    members: list[Experiment],
) -> None:
    rain, snow = open_market("rain"), open_market("snow")
    for one in members:
        predict(one, rain, "0.5")
        predict(one, snow, "0.4")
    assert counts(ensemble()[0]) == (2, 0, 0, 0)
    assert counts(ensemble()[0]) == (0, 2, 0, 0)
    predict(members[1], rain, "0.7")
    predict(members[2], rain, "0.8")
    assert counts(ensemble()[0]) == (1, 1, 0, 0)
    assert [str(row.probability)[:4] for row in pool()] == ["0.50", "0.40", "0.70"]


def test_markets_that_cannot_be_predicted_now_are_left_out_by_name(
    members: list[Experiment],
) -> None:
    rain, wide = open_market("rain"), open_market("wide", flags=2)
    closed = open_market("closed")
    for one in members:
        for market in (rain, wide, closed):
            predict(one, market, "0.5")
    type(closed).objects.filter(pk=closed.pk).update(status="closed")
    told, stderr = ensemble()
    assert counts(told) == (1, 0, 0, 1)
    assert stderr == f"{wide.pk}: its newest price cannot be used: wide\n"


def test_old_predictions_can_be_left_out(members: list[Experiment]) -> None:
    market = open_market("rain")
    for one in members:
        predict(one, market, "0.5", created_at=timezone.now() - timedelta(hours=3))
    assert counts(ensemble("--max-age-hours", "2")[0]) == (0, 0, 0, 0)
    assert counts(ensemble("--max-age-hours", "4")[0]) == (1, 0, 0, 0)


def test_past_skill_weighs_unless_it_is_of_the_same_event(
    members: list[Experiment],
) -> None:
    now = timezone.now()
    old = open_market("old", event_id="weather")
    for one, skill in zip(members, (0.2, -0.2, 0.0), strict=True):
        predict(one, old, "0.5")
        Summary.objects.filter(experiment=one).update(
            skill=skill, brier=0.25 - skill, settled_at=now - timedelta(days=1)
        )
    type(old).objects.update(status="resolved")
    rain, storm = open_market("rain"), open_market("storm", event_id="weather")
    for one, share in zip(members, ("0.9", "0.1", "0.1"), strict=True):
        predict(one, rain, share)
        predict(one, storm, share)
    ensemble(method="weighted")
    weights = {
        row.market_id: [float(m["weight"]) for m in row.provenance["members"]]
        for row in pool()
    }
    assert weights[storm.pk] == pytest.approx([1 / 3] * 3)
    # S̄ = 0, k = 20: s = ±0.2/21, 0; errors 0.25 less that.
    inverse = [1 / (0.25 - s / 21) for s in (0.2, -0.2, 0)]
    expected = [one / sum(inverse) for one in inverse]
    assert weights[rain.pk] == pytest.approx(expected, abs=1e-8)


def test_settlements_that_are_yet_to_come_weigh_nothing(
    members: list[Experiment],
) -> None:
    market = open_market("rain")
    for one, skill in zip(members, (0.9, 0.0, 0.0), strict=True):
        predict(one, open_market(f"of-{one.name}"), "0.5")
        later = timezone.now() + timedelta(hours=1)
        Summary.objects.update(skill=skill, brier=0.1, settled_at=later)
        predict(one, market, "0.5")
    ensemble(method="weighted")
    row = pool().get()
    assert {m["weight"] for m in row.provenance["members"]} == {"0.33333333"}


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--from", "a"], "members: name at least 2."),
        (["--from", "a,a"], "members: one of them stands twice."),
        (["--from", "a,nobody"], "There is no experiment 'nobody'."),
        (["--from", "a,ended"], "members: ended: a backtest."),
        (["--min-members", "1"], "min_members: use 2 to 3, not 1."),
        (["--min-members", "4"], "min_members: use 2 to 3, not 4."),
        (["--max-age-hours", "nan"], "--max-age-hours: use more than 0"),
        (["--workspace", "x"], "'x' is no workspace: give its id."),
    ],
)
@pytest.mark.usefixtures("members")
def test_an_ensemble_that_cannot_be_is_refused(words: list[str], said: str) -> None:
    make_experiment("ended", is_backtest=True)
    with pytest.raises(CommandError, match=said) as caught:
        ensemble(*words)
    assert caught.value.returncode == 2
    assert not Experiment.objects.filter(name="pool").exists()


def test_an_ensemble_shows_nobody_what_is_another_workspace_s(
    cast: Cast, members: list[Experiment]
) -> None:
    own = make_experiment("own", workspace=cast.workspace)
    words = ("--from", f"a,{own.pk}")
    with pytest.raises(CommandError, match="own: another workspace's own"):
        ensemble(*words)
    Experiment.objects.filter(pk=own.pk).update(is_public=True, published_at=NOW)
    assert ensemble(*words)[0]["experiment"] == "pool"
    inside = ("--from", f"own,{members[0].pk}", "--workspace", str(cast.workspace.pk))
    assert ensemble(*inside)[0]["recorded"] == 0
    assert Experiment.objects.filter(name="pool").count() == 2
