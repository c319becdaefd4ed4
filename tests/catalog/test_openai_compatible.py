"""What is particular to servers that speak as OpenAI does."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from apps.catalog.domain.completions import Outcome
from apps.catalog.gateways.embedded import EmbeddedGateway
from apps.catalog.gateways.embedded_process import Address
from apps.catalog.gateways.embedded_server import MODEL
from apps.core.errors import UpstreamError
from apps.core.http import open_http_client
from tests.catalog.asking import PERSON, ask, open_openai
from tests.fakes.llm_server import FakeLLM
from tests.fakes.llm_wire import Reply

if TYPE_CHECKING:
    from collections.abc import Mapping


def refuse(parameter: str, message: str) -> Reply:
    error = {"message": message, "param": parameter, "type": "invalid_request_error"}
    return Reply(status=400, error={"error": error})


async def test_the_request_carries_what_was_asked() -> None:
    request = ask("2 + 2?", system="Be brief.", sampling={"temperature": 0.5}, seed=7)
    async with FakeLLM() as server, open_openai(server) as gateway:
        await gateway.complete(request)
    (received,) = server.requests
    assert received.headers["authorization"] == "Bearer key-1"
    assert received.body == {
        "model": "fake-1",
        "messages": [
            {"role": "system", "content": "Be brief."},
            {"role": "user", "content": "2 + 2?"},
        ],
        "stream": True,
        "stream_options": {"include_usage": True},
        "temperature": 0.5,
        "seed": 7,
    }


async def test_a_schema_is_asked_for_as_strict() -> None:
    reply = Reply(text='{"name": "Ada", "age": 36}')
    async with FakeLLM(reply=reply) as server, open_openai(server) as gateway:
        await gateway.complete(ask(json_schema=PERSON))
    (received,) = server.requests
    assert received.body["response_format"] == {
        "type": "json_schema",
        "json_schema": {"name": "answer", "schema": PERSON, "strict": True},
    }


async def test_a_server_that_does_not_count_leaves_tokens_unknown() -> None:
    async with FakeLLM(reply=Reply(usage=None)) as server, open_openai(server) as g:
        completion = await g.complete(ask())
    assert completion.outcome is Outcome.OK
    assert completion.input_tokens is None
    assert completion.output_tokens is None


@pytest.mark.parametrize(
    ("refusal", "gone"),
    [
        (refuse("stream_options", "not supported"), "stream_options"),
        (refuse("", "Unknown field: seed"), "seed"),
        (refuse("response_format", "json_schema unavailable"), "response_format"),
    ],
)
async def test_what_a_server_does_not_take_is_left_out_from_then_on(
    refusal: Reply, gone: str
) -> None:
    reply = Reply(text='{"name": "Ada", "age": 36}')
    request = ask(json_schema=PERSON, seed=1)
    async with (
        FakeLLM(script=[refusal], reply=reply) as server,
        open_openai(server) as gateway,
    ):
        first = await gateway.complete(request)
        second = await gateway.complete(request)
    assert (first.outcome, second.outcome) == (Outcome.OK, Outcome.OK)
    assert [gone in received.body for received in server.requests] == [
        True,
        False,
        False,
    ]


async def test_a_schema_that_is_not_taken_goes_into_the_prompt() -> None:
    refusal = refuse("response_format", "json_schema unavailable")
    reply = Reply(text='```json\n{"name": "Ada", "age": 36}\n```')
    async with (
        FakeLLM(script=[refusal], reply=reply) as server,
        open_openai(server) as gateway,
    ):
        completion = await gateway.complete(ask(system="Brief.", json_schema=PERSON))
    assert completion.structured == {"name": "Ada", "age": 36}
    assert "given in the prompt" in completion.detail
    system = server.requests[1].body["messages"][0]["content"]
    assert system.startswith("Brief.\n\nAnswer with one JSON document")
    assert '"required": ["name", "age"]' in system


async def test_the_token_limit_is_given_under_its_other_name_where_wanted() -> None:
    refusal = refuse("max_tokens", "Use 'max_completion_tokens' instead.")
    async with FakeLLM(script=[refusal]) as server, open_openai(server) as gateway:
        completion = await gateway.complete(ask(sampling={"max_tokens": 9}))
    assert completion.outcome is Outcome.OK
    assert server.requests[1].body["max_completion_tokens"] == 9
    assert "max_tokens" not in server.requests[1].body


async def test_a_temperature_is_never_left_out() -> None:
    refusal = refuse("temperature", "Only the default of temperature is supported.")
    async with FakeLLM(reply=refusal) as server, open_openai(server) as gateway:
        completion = await gateway.complete(ask(sampling={"temperature": 0}))
    assert completion.outcome is Outcome.UPSTREAM_FAILED
    assert not completion.retryable
    assert len(server.requests) == 1


async def test_a_refused_attempt_is_no_work_on_the_answer() -> None:
    refusal = refuse("seed", "seed is not taken")
    slow = Reply(status=400, error=refusal.error, delay=0.2)
    async with FakeLLM(script=[slow]) as server, open_openai(server) as gateway:
        completion = await gateway.complete(ask(seed=1))
    assert completion.total_ms - completion.working_ms >= 200


async def test_reasoning_is_the_first_token_and_no_part_of_the_answer() -> None:
    reply = Reply(text="4", reasoning="Two and two…")
    async with FakeLLM(reply=reply) as server, open_openai(server) as gateway:
        completion = await gateway.complete(ask())
    assert completion.text == "4"
    assert completion.time_to_first_token_ms is not None


@pytest.mark.parametrize(
    "raw",
    [
        b"data: {}\n\n",
        b"data: []\n\n",
        b'data: {"choices": null}\n\n',
        b'data: {"choices": [null, {"delta": null}, {"delta": {"content": 7}}]}\n\n',
        b'data: {"model": 7, "usage": "none", "choices": 7}\n\n',
    ],
)
async def test_pieces_without_content_are_passed_over(raw: bytes) -> None:
    async with FakeLLM(reply=Reply(raw=raw)) as server, open_openai(server) as gateway:
        completion = await gateway.complete(ask())
    assert completion.outcome is Outcome.OK
    assert completion.text == "Hello there, you."


@pytest.mark.parametrize(
    ("code", "outcome"), [(429, Outcome.RATE_LIMITED), (502, Outcome.UPSTREAM_FAILED)]
)
async def test_an_error_inside_the_stream_is_told_by_its_code(
    code: int, outcome: Outcome
) -> None:
    reply = Reply(stream_error={"code": code, "message": "upstream is busy"})
    async with FakeLLM(reply=reply) as server, open_openai(server) as gateway:
        completion = await gateway.complete(ask())
    assert (completion.outcome, completion.retryable) == (outcome, True)


async def test_an_error_in_a_list_is_read_as_google_sends_it() -> None:
    error = {"code": 400, "message": "API key not valid.", "status": "INVALID_ARGUMENT"}
    reply = Reply(status=400, error=[{"error": error}])
    async with FakeLLM(reply=reply) as server, open_openai(server) as gateway:
        completion = await gateway.complete(ask())
    assert completion.outcome is Outcome.MISSING_KEY


async def test_variables_for_another_provider_are_not_sent(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("OPENAI_ORG_ID", "org-1")
    monkeypatch.setenv("OPENAI_PROJECT_ID", "project-1")
    monkeypatch.setenv("OPENAI_ADMIN_KEY", "admin-1")
    monkeypatch.setenv("OPENAI_BASE_URL", "http://127.0.0.1:9/v1")
    async with FakeLLM() as server, open_openai(server) as gateway:
        await gateway.complete(ask())
    (received,) = server.requests
    assert not {"openai-organization", "openai-project"} & set(received.headers)
    assert "admin-1" not in str(received.headers)


async def test_the_embedded_model_gets_a_connection_for_each_question() -> None:
    async with FakeLLM() as server:
        gateway = EmbeddedGateway(
            locate=lambda: Address(server.base_url, "key-1"),
            open_http=lambda: open_http_client(is_local=True),
        )
        completion = await gateway.complete(replace(ask(), model=MODEL))
        await gateway.aclose()
    (received,) = server.requests
    assert completion.outcome is Outcome.OK
    assert received.headers["connection"] == "close"


async def test_a_listing_is_read_with_the_fields_that_some_providers_add() -> None:
    models: tuple[Mapping[str, Any], ...] = (
        {"id": "models/plain", "object": "model", "created": 1, "owned_by": "x"},
        {
            "id": "maker/rich",
            "name": "Maker: Rich",
            "created": 1,
            "context_length": 8192,
            "pricing": {"prompt": "0.0000025", "completion": "-1"},
            "top_provider": {"max_completion_tokens": 1024},
        },
    )
    async with FakeLLM(models=models) as server, open_openai(server) as gateway:
        plain, rich = await gateway.list_models()
    assert (plain.name, plain.input_price, plain.release_date) == ("plain", None, None)
    assert (rich.name, rich.display_name) == ("maker/rich", "Maker: Rich")
    assert (rich.context_window, rich.max_output_tokens) == (8192, 1024)
    assert (rich.input_price, rich.output_price) == (Decimal("2.5"), None)


async def test_a_listing_that_fails_is_an_upstream_error() -> None:
    async with FakeLLM(models_status=503) as server, open_openai(server) as gateway:
        with pytest.raises(UpstreamError, match="503") as raised:
            await gateway.list_models()
    assert raised.value.retryable
