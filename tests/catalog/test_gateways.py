"""What both clients of foreign providers do alike."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from apps.catalog.domain.completions import Outcome
from tests.catalog.asking import PERSON, ask, open_anthropic, open_openai
from tests.fakes.llm_server import FakeLLM
from tests.fakes.llm_wire import Reply

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from contextlib import AbstractAsyncContextManager

    from apps.catalog.gateways.base import Gateway

    Opener = Callable[..., AbstractAsyncContextManager[Gateway]]

both = pytest.mark.parametrize("opener", [open_openai, open_anthropic])


def envelope(message: str, **fields: str) -> Mapping[str, object]:
    return {"error": {"message": message, **fields}}


@both
async def test_an_answer_arrives_with_its_tokens_times_and_model(
    opener: Opener,
) -> None:
    reply = Reply(text="The answer is 4.", model="fake-1-2026", first_token_delay=0.05)
    async with FakeLLM(reply=reply) as server, opener(server) as gateway:
        completion = await gateway.complete(ask())
    assert completion.outcome is Outcome.OK
    assert completion.text == "The answer is 4."
    assert completion.provider_model == "fake-1-2026"
    assert (completion.input_tokens, completion.output_tokens) == (12, 5)
    assert completion.time_to_first_token_ms is not None
    assert 50 <= completion.time_to_first_token_ms <= completion.working_ms
    assert not completion.retryable


@both
@pytest.mark.parametrize(
    ("reply", "outcome"),
    [
        (Reply(finish="length"), Outcome.TRUNCATED),
        (Reply(finish="content_filter"), Outcome.REFUSAL),
        (Reply(text="", finish="stop"), Outcome.OK),
    ],
)
async def test_how_an_answer_ended_is_its_outcome(
    opener: Opener, reply: Reply, outcome: Outcome
) -> None:
    async with FakeLLM(reply=reply) as server, opener(server) as gateway:
        completion = await gateway.complete(ask())
    assert completion.outcome is outcome
    assert completion.text == reply.text


@both
async def test_a_refusal_keeps_the_words_it_was_given_with(opener: Opener) -> None:
    finish = "stop" if opener is open_openai else "refusal"
    reply = Reply(text="", finish=finish, refusal="I cannot help with that.")
    async with FakeLLM(reply=reply) as server, opener(server) as gateway:
        completion = await gateway.complete(ask())
    assert completion.outcome is Outcome.REFUSAL
    assert completion.detail == "I cannot help with that."


@both
@pytest.mark.parametrize(
    ("status", "error", "outcome", "retryable"),
    [
        (401, envelope("bad key sk-1"), Outcome.MISSING_KEY, False),
        (403, envelope("not yours"), Outcome.MISSING_KEY, False),
        (404, envelope("The model `x` does not exist"), Outcome.UNKNOWN_MODEL, False),
        (404, envelope("no such page"), Outcome.UPSTREAM_FAILED, False),
        (400, envelope("x is not a valid model ID"), Outcome.UNKNOWN_MODEL, False),
        (400, envelope("temperature is not taken"), Outcome.UPSTREAM_FAILED, False),
        (400, envelope("prompt is too long"), Outcome.CONTEXT_EXCEEDED, False),
        (413, envelope("too large"), Outcome.CONTEXT_EXCEEDED, False),
        (429, envelope("slow down"), Outcome.RATE_LIMITED, True),
        (
            429,
            envelope("pay first", code="insufficient_quota"),
            Outcome.UPSTREAM_FAILED,
            False,
        ),
        (
            500,
            envelope("context length of our patience"),
            Outcome.UPSTREAM_FAILED,
            True,
        ),
        (529, envelope("overloaded"), Outcome.UPSTREAM_FAILED, True),
    ],
)
async def test_an_error_is_the_outcome_that_it_means(
    opener: Opener,
    status: int,
    error: Mapping[str, object],
    outcome: Outcome,
    retryable: bool,  # noqa: FBT001
) -> None:
    reply = Reply(status=status, error=error)
    async with FakeLLM(reply=reply) as server, opener(server) as gateway:
        completion = await gateway.complete(ask())
    assert (completion.outcome, completion.retryable) == (outcome, retryable)
    assert completion.detail.startswith(str(status))
    assert len(server.requests) == 1


@both
async def test_a_refused_key_is_not_repeated_in_the_reason(opener: Opener) -> None:
    reply = Reply(status=401, error=envelope("Incorrect key provided: key-1"))
    async with FakeLLM(reply=reply) as server, opener(server) as gateway:
        completion = await gateway.complete(ask())
    assert completion.detail == "401: the provider refused the key"


@both
@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"retry-after": "7"}, 7.0),
        ({"retry-after-ms": "1500", "retry-after": "9"}, 1.5),
        ({}, None),
    ],
)
async def test_what_a_rate_limit_asks_for_is_read(
    opener: Opener, headers: Mapping[str, str], seconds: float | None
) -> None:
    reply = Reply(status=429, error=envelope("slow down"), headers=headers)
    async with FakeLLM(reply=reply) as server, opener(server) as gateway:
        completion = await gateway.complete(ask())
    assert completion.retry_after_seconds == seconds


@both
@pytest.mark.parametrize(
    "reply",
    [
        Reply(text="a long answer, cut", drop_after=2),
        Reply(finish=""),
        Reply(raw=b"event: content_block_delta\ndata: {not json\n\n"),
        Reply(stream_error={"type": "overloaded_error", "message": "busy"}),
    ],
    ids=["cut", "unfinished", "not-json", "error-inside"],
)
async def test_a_stream_that_breaks_is_a_failure_that_may_be_tried_again(
    opener: Opener, reply: Reply
) -> None:
    async with FakeLLM(reply=reply) as server, opener(server) as gateway:
        completion = await gateway.complete(ask())
    assert completion.outcome is Outcome.UPSTREAM_FAILED
    assert completion.retryable
    assert completion.detail


@both
async def test_a_server_that_is_not_there_is_a_failure_to_try_again(
    opener: Opener,
) -> None:
    async with FakeLLM() as server, opener(server) as gateway:
        await server.__aexit__()
        completion = await gateway.complete(ask())
    assert completion.outcome is Outcome.UPSTREAM_FAILED
    assert completion.retryable


@both
async def test_silence_is_a_timeout(opener: Opener) -> None:
    reply = Reply(first_token_delay=5)
    async with FakeLLM(reply=reply) as server, opener(server, silence=0.1) as gateway:
        completion = await gateway.complete(ask())
    assert completion.outcome is Outcome.TIMEOUT
    assert completion.retryable


@both
async def test_an_answer_that_takes_too_long_as_a_whole_is_a_timeout(
    opener: Opener,
) -> None:
    async with (
        FakeLLM(delay=5) as server,
        opener(server, timeout_seconds=0.1) as gateway,
    ):
        completion = await gateway.complete(ask())
    assert completion.outcome is Outcome.TIMEOUT
    assert completion.working_ms >= 100


@both
async def test_a_structured_answer_is_parsed(opener: Opener) -> None:
    reply = Reply(text='{"name": "Ada", "age": 36}')
    async with FakeLLM(reply=reply) as server, opener(server) as gateway:
        completion = await gateway.complete(ask(json_schema=PERSON))
    assert completion.outcome is Outcome.OK
    assert completion.structured == {"name": "Ada", "age": 36}


@both
@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("Ada is 36.", "not JSON"),
        ('{"name": "Ada", "age": "old"}', "at $.age"),
        ('{"name": "Ada", "name": "Eve", "age": 1}', "stands twice"),
        ('{"name": "Ada", "age": NaN}', "NaN"),
    ],
)
async def test_a_malformed_structured_answer_keeps_its_text(
    opener: Opener, text: str, reason: str
) -> None:
    async with FakeLLM(reply=Reply(text=text)) as server, opener(server) as gateway:
        completion = await gateway.complete(ask(json_schema=PERSON))
    assert completion.outcome is Outcome.MALFORMED_STRUCTURED
    assert completion.text == text
    assert completion.structured is None
    assert reason in completion.detail


@both
async def test_a_structured_answer_cut_short_is_truncated_not_malformed(
    opener: Opener,
) -> None:
    reply = Reply(text='{"name": "A', finish="length")
    async with FakeLLM(reply=reply) as server, opener(server) as gateway:
        completion = await gateway.complete(ask(json_schema=PERSON))
    assert completion.outcome is Outcome.TRUNCATED
