"""Models that are asked about markets, against a provider on loopback."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from apps.catalog.domain.concurrency import LimitPolicy
from apps.catalog.models import Provider
from apps.core.errors import ConflictError, InvalidFieldsError
from apps.markets.models import Market
from apps.predictions.domain.words import AskStatus
from apps.predictions.models import AskItem, AskRun, Attempt, Experiment, Prediction
from apps.predictions.selectors.audit import audit_chains
from apps.predictions.services.ask_leases import resume_ask
from tests.fakes.llm_server import FakeLLM
from tests.fakes.llm_wire import Reply
from tests.predictions.asking import (
    QUICK,
    attempts,
    begin,
    clock,
    model_at,
    open_market,
    prompt_of,
    reason_of_run,
    says,
    work,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from uuid import UUID

pytestmark = pytest.mark.django_db


def test_the_median_of_the_samples_is_recorded_with_what_it_came_from() -> None:
    market = open_market(opened_at=clock() - timedelta(days=9))
    script = [says(0.2, 10, "low"), says(0.9, 90, "high"), says(0.4, 50, "middle")]
    with FakeLLM(script=script) as server:
        model = model_at(server, training_cutoff=date(2024, 1, 31))
        started = begin([model], [market], samples=3)
        assert work(started) is AskStatus.COMPLETED
    made = Prediction.objects.get()
    numbers = (made.probability, made.confidence, made.cost)
    assert numbers == (Decimal("0.4"), Decimal(50), Decimal(0))
    assert made.reasoning == "middle"
    assert (made.market_price, made.market_price_shown) == (Decimal("0.6"), None)
    told = made.provenance
    assert {one["probability"] for one in told["samples"]} == {0.2, 0.4, 0.9}
    assert (told["model"], told["prompt_version"]) == ("fake/m", "v1")
    assert (told["model_cutoff"], told["cutoff_after_opening"]) == ("2024-01-31", False)
    assert told["attempts"] == {"ok": 3}
    assert attempts() == [(1, 1, "ok"), (2, 1, "ok"), (3, 1, "ok")]
    assert Attempt.objects.filter(prediction=made).count() == 3
    assert all(one.broken is None for one in audit_chains())


def test_the_experiment_is_the_models_and_says_how_it_is_asked() -> None:
    with FakeLLM(reply=says(0.5)) as server:
        models = [model_at(server, "m"), model_at(server, "n.1")]
        work(begin(models, [open_market()], shows_price=True))
    found = Experiment.objects.order_by("name")
    assert [one.name for one in found] == ["trial-fake-m", "trial-fake-n-1"]
    assert {one.kind for one in found} == {"model"}
    assert [one.predictions_made for one in found] == [1, 1]
    parameters = found[0].parameters
    assert (parameters["samples"], parameters["market_price_shown"]) == (1, True)
    assert parameters["sampling"] == {"temperature": 0.0}


@pytest.mark.parametrize(
    ("outcome", "shown"), [(0, Decimal("0.6")), (1, Decimal("0.4"))]
)
def test_a_price_that_is_shown_is_the_predicted_outcomes_and_is_stored(
    outcome: int, shown: Decimal
) -> None:
    with FakeLLM(reply=says(0.5)) as server:
        work(
            begin(
                [model_at(server)], [open_market()], shows_price=True, outcome=outcome
            )
        )
        prompt = prompt_of(server.requests[-1].body)
    assert f'"market_price_of_predicted_outcome": {shown}' in prompt
    made = Prediction.objects.get()
    assert (made.outcome, made.market_price_shown) == (outcome, shown)


def test_a_hidden_price_stands_nowhere_in_the_prompt() -> None:
    market = open_market(price="0.6137")
    with FakeLLM(reply=says(0.5)) as server:
        work(begin([model_at(server)], [market]))
        sent = str(server.requests[-1].body)
    for number in ("0.6137", "61.37", "0.6087", "0.6187", "0.3863"):
        assert number not in sent
    assert "market_price" not in sent


@pytest.mark.parametrize(
    ("reply", "outcome"),
    [
        (says(75), "out_of_range"),
        (says("0.75"), "unreadable"),
        (Reply(text="75%"), "unreadable"),
        (Reply(text=""), "unreadable"),
        (Reply(text="I would say {0.75}."), "unreadable"),
    ],
)
def test_an_answer_that_cannot_be_used_is_told_so_kept_and_repeated(
    reply: Reply, outcome: str
) -> None:
    with FakeLLM(script=[reply, says(0.75)]) as server:
        work(begin([model_at(server)], [open_market()]))
        second = str(server.requests[-1].body["messages"])
    assert attempts() == [(1, 1, outcome), (1, 2, "ok")]
    assert "That cannot be used: " in second
    assert Prediction.objects.get().provenance["attempts"] == {outcome: 1, "ok": 1}
    assert Attempt.objects.get(attempt=1).answer == reply.text


def test_a_sample_is_asked_for_three_times_at_most() -> None:
    with FakeLLM(reply=says(75)) as server:
        status = work(begin([model_at(server)], [open_market()]))
    assert status is AskStatus.COMPLETED
    assert attempts() == [(1, n, "out_of_range") for n in (1, 2, 3)]
    item = AskItem.objects.get()
    assert (item.status, item.prediction) == ("unanswered", None)
    assert item.reason == (
        "0 of 1 samples can be used; attempts: 3 out of range; the last: probability "
        "is 75, which is not between 0 and 1; write 0.75 for 75 %"
    )


def test_a_refusal_is_kept_with_its_cost_and_not_repeated() -> None:
    refusal = Reply(text="", refusal="I cannot say.", usage=(1000, 100))
    with FakeLLM(reply=refusal) as server:
        work(
            begin([model_at(server, price="10")], [open_market()], max_cost=Decimal(1))
        )
    made = Attempt.objects.get()
    assert (made.outcome, made.cost) == ("refused", Decimal("0.011"))
    assert AskItem.objects.get().status == "unanswered"


def test_half_of_the_samples_make_a_prediction_and_fewer_make_none() -> None:
    no = Reply(text="I can't help with that.")

    def respond(body: Mapping[str, Any]) -> Reply:
        return next(script["rain" if "rain" in prompt_of(body) else "snow"])

    script = {
        "rain": iter([says(0.3), no, says(0.5), no]),
        "snow": iter([no, no, no, says(0.5)]),
    }
    with FakeLLM(respond=respond) as server:
        markets = [open_market("rain"), open_market("snow")]
        work(begin([model_at(server)], markets, samples=4))
    assert Prediction.objects.get().probability == Decimal("0.4")
    assert [one.status for one in AskItem.objects.order_by("position")] == [
        "recorded",
        "unanswered",
    ]


def test_a_model_without_a_key_is_asked_once_and_given_up() -> None:
    with FakeLLM(reply=Reply(status=401)) as server:
        model = model_at(server)
        markets = [open_market(f"m{n}") for n in range(9)]
        options = replace(QUICK, limits=LimitPolicy.fixed(1))
        work(begin([model], markets), options)
        assert len(server.requests) <= 3 < len(markets)  # the one, and two that wait
    assert {one.status for one in AskItem.objects.all()} == {"failed"}


def test_the_cost_limit_stops_the_asking_and_what_is_answered_is_kept() -> None:
    # 100 tokens in, 100 out, at $100 for a million: 2 cents an answer, fewer than are
    # reserved for a question, so that none under way can pass the limit.
    reply = replace(says(0.5), usage=(100, 100))
    with FakeLLM(reply=reply) as server:
        markets = [open_market(f"m{n}") for n in range(20)]
        started = begin(
            [model_at(server, price="100")], markets, max_cost=Decimal("0.3")
        )
        assert work(started) is AskStatus.STOPPED
        asked = len(server.requests)
    assert reason_of_run() == "The cost limit of $0.300000 leaves no more room."
    spent = sum(one.cost or 0 for one in Attempt.objects.all())
    assert spent == asked * Decimal("0.02") <= Decimal("0.3")
    assert asked
    assert Prediction.objects.count() == asked
    assert AskItem.objects.filter(status="pending").count() == 20 - asked


def test_a_stopped_asking_goes_on_with_more_money_and_asks_nothing_twice() -> None:
    reply = replace(says(0.5), usage=(1000, 100))
    with FakeLLM(reply=reply) as server:
        markets = [open_market(f"m{n}") for n in range(6)]
        started = begin(
            [model_at(server, price="100")], markets, max_cost=Decimal("0.3")
        )
        assert work(started) is AskStatus.STOPPED
        resume_ask(
            run_id=started.run_id, now=clock(), max_cost=Decimal(5), publish=False
        )
        assert work(started) is AskStatus.COMPLETED
        assert len(server.requests) == 6
    assert Prediction.objects.count() == 6


@pytest.mark.parametrize("status", ["closed", "proposed", "disputed", "resolved"])
def test_a_market_that_ends_while_it_is_asked_about_is_refused(status: str) -> None:
    market = open_market()

    def close(_: Mapping[str, Any]) -> Reply:
        closing.set()
        return says(0.5)

    def refresh(_: Sequence[UUID]) -> None:
        if closing.is_set():
            Market.objects.update(status=status)

    closing = threading.Event()
    with FakeLLM(respond=close) as server:
        options = replace(QUICK, refresh=refresh)
        started = begin([model_at(server)], [market])
        # Nothing is as fresh as needed, so that the venue is asked each time.
        options = replace(options, record_within=timedelta(0))
        assert work(started, options) is AskStatus.COMPLETED
    item = AskItem.objects.get()
    assert (item.status, Prediction.objects.count()) == ("refused", 0)
    assert f"it is {status}: only an open market can be predicted" in item.reason
    assert Attempt.objects.get().outcome == "ok"


@pytest.mark.parametrize("status", ["closed", "proposed", "resolved", "void"])
def test_a_market_that_has_ended_is_refused_before_anything_is_asked(
    status: str,
) -> None:
    market = open_market(status=status)
    with FakeLLM() as server, pytest.raises(InvalidFieldsError, match=f"is {status}"):
        begin([model_at(server)], [market])
    assert not AskRun.objects.exists()
    assert not Experiment.objects.exists()


def test_an_experiment_is_never_asked_otherwise_than_before() -> None:
    with FakeLLM(reply=says(0.5)) as server:
        model, market = model_at(server), open_market()
        work(begin([model], [market]))
        for changed, fields in (
            ("samples", {"samples": 2}),
            ("market_price_shown", {"shows_price": True}),
            ("prompt_version", {"prompt_version": "v2"}),
        ):
            with pytest.raises(ConflictError, match=f"asked otherwise .*{changed}"):
                begin([model], [market], **fields)
        begin([model], [market])
    assert AskRun.objects.count() == 2


def test_a_model_trained_after_a_market_opened_is_marked() -> None:
    market = open_market(opened_at=clock() - timedelta(days=400))
    with FakeLLM(reply=says(0.5)) as server:
        model = model_at(server, training_cutoff=clock().date() - timedelta(days=30))
        work(begin([model], [market]))
    assert Prediction.objects.get().provenance["cutoff_after_opening"] is True


def test_a_failure_of_the_provider_is_kept_and_is_no_answer() -> None:
    with FakeLLM(reply=Reply(status=500)) as server:
        work(begin([model_at(server)], [open_market()]))
    made, item = Attempt.objects.get(), AskItem.objects.get()
    assert (made.outcome, made.cost, item.status) == ("failed", None, "failed")


def test_ctrl_c_keeps_what_is_done_and_the_rest_can_be_asked_later() -> None:
    interrupted = threading.Event()

    def respond(_: Mapping[str, Any]) -> Reply:
        if len(server.requests) > 4:
            interrupted.set()
            return replace(says(0.5), delay=5.0)
        return says(0.5)

    markets = [open_market(f"m{n}") for n in range(12)]
    with FakeLLM(respond=respond) as server:
        started = begin([model_at(server)], markets)
        options = replace(QUICK, interrupted=interrupted, grace_seconds=1)
        assert work(started, options) is AskStatus.CANCELLED
    assert reason_of_run() == "Interrupted at the command line."
    assert Prediction.objects.count() == Attempt.objects.count() == 4
    with FakeLLM(reply=says(0.4)) as server:
        Market.objects.update(quoted_at=clock())
        point_at(server)
        resume_ask(run_id=started.run_id, now=clock(), publish=False)
        assert work(started) is AskStatus.COMPLETED
        assert len(server.requests) == 8


def point_at(server: FakeLLM) -> None:
    Provider.objects.filter(name="fake").update(base_url=server.base_url)
