"""Retries, limits and costs around a provider that fails on command."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field, replace
from decimal import Decimal

import pytest

from apps.catalog.domain.completions import Message, Outcome
from apps.catalog.domain.concurrency import LimitPolicy
from apps.catalog.pipelines.completions import Timing, open_completer
from apps.core.backoff import RetryPolicy
from tests.catalog.asking import PERSON
from tests.catalog.rows import MODEL, NOW, PROVIDER, model_at
from tests.fakes.llm_server import FakeLLM
from tests.fakes.llm_wire import Reply

BUSY = Reply(status=429, error={"error": {"message": "slow down"}})
BROKEN = Reply(status=500, error={"error": {"message": "oops"}})


@dataclass
class Hours:
    """A clock that only sleeping moves."""

    now: float = 1000.0
    slept: list[float] = field(default_factory=list)

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds
        await asyncio.sleep(0)

    def timing(self) -> Timing:
        return Timing(clock=lambda: self.now, sleep=self.sleep, draw=lambda: 0.5)


async def test_an_answer_has_its_cost() -> None:
    async with (
        FakeLLM() as server,
        open_completer(model_at(server.base_url), now=NOW) as completer,
    ):
        completion = await completer.complete("Hello?", system="Brief.", seed=3)
    assert completion.outcome is Outcome.OK
    assert completion.cost == Decimal("0.000111")
    assert (completion.retries, completion.detail) == (0, "")
    body = server.requests[0].body
    assert (body["temperature"], body["seed"]) == (0.0, 3)


async def test_a_conversation_is_sent_turn_by_turn() -> None:
    turns = [Message("user", "a"), Message("assistant", "b"), Message("user", "c")]
    async with (
        FakeLLM() as server,
        open_completer(model_at(server.base_url), now=NOW) as completer,
    ):
        await completer.complete(turns)
    sent = server.requests[0].body["messages"]
    assert [(m["role"], m["content"]) for m in sent] == [
        ("user", "a"),
        ("assistant", "b"),
        ("user", "c"),
    ]


async def test_an_unknown_price_is_an_unknown_cost() -> None:
    async with FakeLLM() as server:
        model = replace(model_at(server.base_url), input_price=None)
        async with open_completer(model, now=NOW) as completer:
            completion = await completer.complete("Hello?")
    assert completion.outcome is Outcome.OK
    assert completion.cost is None


async def test_waiting_is_told_apart_from_working() -> None:
    hours = Hours()
    async with (
        FakeLLM(script=[BUSY, BROKEN]) as server,
        open_completer(
            model_at(server.base_url), now=NOW, timing=hours.timing()
        ) as completer,
    ):
        completion = await completer.complete("Hello?")
    assert completion.outcome is Outcome.OK
    assert hours.slept == [1.5, 3.0]
    assert (completion.retries, completion.waited_ms) == (2, 4500.0)
    assert completion.total_ms == 4500.0
    assert completion.working_ms > 0


async def test_a_rate_limit_waits_as_long_as_it_was_asked_to() -> None:
    hours, busy = Hours(), replace(BUSY, headers={"retry-after": "30"})
    async with (
        FakeLLM(script=[busy]) as server,
        open_completer(
            model_at(server.base_url), now=NOW, timing=hours.timing()
        ) as completer,
    ):
        await completer.complete("Hello?")
    assert hours.slept == [31.5]


@pytest.mark.parametrize(
    ("reply", "outcome"),
    [(BUSY, Outcome.RATE_LIMITED), (BROKEN, Outcome.UPSTREAM_FAILED)],
)
async def test_patience_ends_and_the_last_failure_is_the_outcome(
    reply: Reply, outcome: Outcome
) -> None:
    async with (
        FakeLLM(reply=reply) as server,
        open_completer(
            model_at(server.base_url),
            now=NOW,
            retries=RetryPolicy(max_retries=2),
            timing=Hours().timing(),
        ) as completer,
    ):
        completion = await completer.complete("Hello?")
    assert (completion.outcome, completion.retries) == (outcome, 2)
    assert completion.cost is None
    assert len(server.requests) == 3


@pytest.mark.parametrize(
    "reply",
    [
        Reply(finish="content_filter"),
        Reply(finish="length"),
        Reply(status=404, error={"error": {"message": "no such model"}}),
        Reply(status=401, error={"error": {"message": "bad key"}}),
    ],
)
async def test_what_trying_again_cannot_mend_is_asked_once(reply: Reply) -> None:
    async with (
        FakeLLM(reply=reply) as server,
        open_completer(model_at(server.base_url), now=NOW) as completer,
    ):
        completion = await completer.complete("Hello?", json_schema=PERSON)
    assert completion.retries == 0
    assert len(server.requests) == 1


async def test_no_more_are_in_flight_than_the_limit_allows() -> None:
    limits = LimitPolicy.fixed(3)
    async with (
        FakeLLM(delay=0.02) as server,
        open_completer(model_at(server.base_url), now=NOW, limits=limits) as completer,
    ):
        asked = [completer.complete(f"{number}?") for number in range(12)]
        completions = await asyncio.gather(*asked)
    assert {c.outcome for c in completions} == {Outcome.OK}
    assert server.peak == 3
    assert max(c.waited_ms for c in completions) >= 40


async def test_a_limit_that_is_used_grows_and_its_changes_are_dated() -> None:
    limits = LimitPolicy(start=2, maximum=8)
    async with (
        FakeLLM() as server,
        open_completer(model_at(server.base_url), now=NOW, limits=limits) as completer,
    ):
        await asyncio.gather(*(completer.complete(f"{n}?") for n in range(40)))
    assert completer.concurrency == 8
    assert [(c.old, c.new) for c in completer.changes] == [(2, 4), (4, 8)]
    assert all(change.at >= NOW for change in completer.changes)


async def test_many_rate_limits_at_once_cut_the_limit_once() -> None:
    limits = LimitPolicy(start=10)
    async with (
        FakeLLM(script=[BUSY] * 10) as server,
        open_completer(
            model_at(server.base_url),
            now=NOW,
            limits=limits,
            timing=Hours().timing(),
        ) as completer,
    ):
        await asyncio.gather(*(completer.complete(f"{n}?") for n in range(10)))
    cuts = [change for change in completer.changes if change.new < change.old]
    assert [(c.old, c.new) for c in cuts] == [(10, 8)]


async def test_a_cancelled_request_gives_its_place_back() -> None:
    limits = LimitPolicy.fixed(1)
    async with (
        FakeLLM(delay=1) as server,
        open_completer(model_at(server.base_url), now=NOW, limits=limits) as completer,
    ):
        tasks = [asyncio.create_task(completer.complete(f"{n}?")) for n in range(3)]
        while not server.requests:  # noqa: ASYNC110
            await asyncio.sleep(0.01)
        tasks[0].cancel()
        tasks[1].cancel()
        completion = await tasks[2]
    assert completion.outcome is Outcome.OK
    assert tasks[0].cancelled()
    assert tasks[1].cancelled()


async def test_a_model_without_a_key_says_so_without_asking() -> None:
    provider = replace(
        PROVIDER, key_variable="FAKE_API_KEY", has_key=False, obstacle="no key (set X)"
    )
    model = replace(MODEL, provider=provider)
    async with open_completer(model, now=NOW) as completer:
        completion = await completer.complete("Hello?")
    assert completion.outcome is Outcome.MISSING_KEY
    assert completion.detail == "fake: no key (set X)"


async def test_the_key_is_read_from_the_variable_of_the_provider(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("FAKE_API_KEY", "key-2")
    async with FakeLLM() as server:
        model = model_at(server.base_url)
        provider = replace(model.provider, key_variable="FAKE_API_KEY")
        model = replace(model, provider=provider)
        async with open_completer(model, now=NOW) as completer:
            await completer.complete("Hello?")
    assert server.requests[0].headers["authorization"] == "Bearer key-2"
