"""What is particular to Anthropic."""

from __future__ import annotations

from datetime import date

from apps.catalog.domain.completions import Outcome
from tests.catalog.asking import PERSON, ask, open_anthropic
from tests.fakes.llm_server import FakeLLM
from tests.fakes.llm_wire import Reply


async def test_the_request_carries_what_was_asked() -> None:
    request = ask(
        "2 + 2?", system="Be brief.", sampling={"temperature": 0.5, "max_tokens": 9}
    )
    async with FakeLLM() as server, open_anthropic(server) as gateway:
        await gateway.complete(request)
    (received,) = server.requests
    assert received.path == "/v1/messages"
    assert received.headers["authorization"] == "Bearer key-1"
    assert received.body == {
        "model": "fake-1",
        "messages": [{"role": "user", "content": "2 + 2?"}],
        "system": "Be brief.",
        "max_tokens": 9,
        "temperature": 0.5,
        "stream": True,
    }


async def test_a_schema_is_asked_for_in_the_form_that_is_enforced() -> None:
    reply = Reply(text='{"name": "Ada", "age": 36}')
    async with FakeLLM(reply=reply) as server, open_anthropic(server) as gateway:
        await gateway.complete(ask(json_schema=PERSON))
    form = server.requests[0].body["output_config"]["format"]
    assert form["type"] == "json_schema"
    assert form["schema"] == PERSON


async def test_a_schema_that_is_not_taken_goes_into_the_prompt() -> None:
    error = {"type": "invalid_request_error", "message": "output_config: not supported"}
    refusal = Reply(status=400, error={"type": "error", "error": error})
    reply = Reply(text='{"name": "Ada", "age": 36}')
    async with (
        FakeLLM(script=[refusal], reply=reply) as server,
        open_anthropic(server) as gateway,
    ):
        first = await gateway.complete(ask(json_schema=PERSON))
        second = await gateway.complete(ask(json_schema=PERSON))
    assert first.structured == second.structured == {"name": "Ada", "age": 36}
    assert "given in the prompt" in first.detail
    assert len(server.requests) == 3
    assert "Answer with one JSON document" in server.requests[2].body["system"]


async def test_a_schema_without_a_type_goes_into_the_prompt() -> None:
    schema: dict[str, object] = {"properties": {"name": {}}}
    reply = Reply(text='{"name": "Ada"}')
    async with FakeLLM(reply=reply) as server, open_anthropic(server) as gateway:
        completion = await gateway.complete(ask(json_schema=schema))
    assert completion.structured == {"name": "Ada"}
    assert "output_config" not in server.requests[0].body


async def test_an_answer_that_filled_the_window_is_truncated() -> None:
    reply = Reply(finish="model_context_window_exceeded")
    async with FakeLLM(reply=reply) as server, open_anthropic(server) as gateway:
        completion = await gateway.complete(ask())
    assert completion.outcome is Outcome.TRUNCATED
    assert completion.finish_reason == "model_context_window_exceeded"


async def test_a_listing_says_what_is_deprecated_and_when_it_was_released() -> None:
    models = (
        describe("new-1", created_at="2026-10-01T00:00:00Z", lifecycle="active"),
        describe("old-1", created_at="1970-01-01T00:00:00Z", lifecycle="deprecated"),
    )
    async with FakeLLM(models=models) as server, open_anthropic(server) as gateway:
        new, old = await gateway.list_models()
    assert (new.name, new.display_name, new.context_window) == ("new-1", "N", 200000)
    assert (new.max_output_tokens, new.release_date) == (64000, date(2026, 10, 1))
    assert not new.is_deprecated
    assert (old.release_date, old.is_deprecated) == (None, True)


def describe(name: str, **fields: object) -> dict[str, object]:
    common = {"type": "model", "max_input_tokens": 200000, "max_tokens": 64000}
    return {"id": name, "display_name": "N", **common, **fields}
