"""Anthropic, by its own client."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, Any

from anthropic import APIError, APIStatusError, AsyncAnthropic, transform_schema

from apps.catalog.domain.answers import Answer, conclude
from apps.catalog.domain.completions import (
    Completion,
    CompletionRequest,
    ListedModel,
    Outcome,
)
from apps.catalog.domain.structured import describe_schema
from apps.catalog.gateways.base import (
    STREAM_ERRORS,
    add_times,
    describe_break,
    describe_error,
)
from apps.core.errors import UpstreamError

if TYPE_CHECKING:
    from collections.abc import Mapping

    import httpx2
    from anthropic.types import ModelInfo, RawMessageStreamEvent, Usage

BASE_URL = "https://api.anthropic.com"
# The interface demands a limit; models that name theirs are asked with it.
_DEFAULT_MAX_TOKENS = 4096
_FINISHES = {
    "end_turn": Outcome.OK,
    "stop_sequence": Outcome.OK,
    "tool_use": Outcome.OK,
    "max_tokens": Outcome.TRUNCATED,
    "model_context_window_exceeded": Outcome.TRUNCATED,
    "pause_turn": Outcome.TRUNCATED,
    "refusal": Outcome.REFUSAL,
}
_BAD_REQUEST = 400
# A release date that is not known is listed as 1970.
_FIRST_YEAR = 2021


class AnthropicGateway:
    """The Messages interface; it has no seed, so a request's seed is not sent."""

    def __init__(
        self,
        *,
        http: httpx2.AsyncClient,
        api_key: str,
        base_url: str = BASE_URL,
        timeout_seconds: float = 600.0,
    ) -> None:
        """Take over `http`; `timeout_seconds` bounds one attempt as a whole."""
        self._http = http
        self._timeout = timeout_seconds
        self._client = AsyncAnthropic(
            api_key=api_key,
            base_url=base_url or BASE_URL,
            http_client=http,
            max_retries=0,
            open_telemetry=False,
        )
        self._without_schema: set[str] = set()

    async def complete(self, request: CompletionRequest) -> Completion:
        """Ask once; a schema that the model cannot enforce goes into the prompt."""
        began = time.perf_counter()
        while True:
            started = time.perf_counter()
            answer = Answer()
            try:
                async with asyncio.timeout(self._timeout):
                    await self._stream(request, answer)
            except APIStatusError as error:
                if self._drop_schema(request, error):
                    continue
                completion = _describe(error)
            except (APIError, *STREAM_ERRORS) as error:
                completion = _describe(error)
            else:
                completion = conclude(
                    answer, finishes=_FINISHES, schema=request.json_schema
                )
            return add_times(completion, answer, began=began, started=started)

    async def list_models(self) -> tuple[ListedModel, ...]:
        """Return every model of every page of the listing.

        Raises:
            UpstreamError: the listing failed or broke off.
        """
        try:
            async with asyncio.timeout(self._timeout):
                listed = [
                    _read_listed(model)
                    async for model in self._client.models.list(limit=1000)
                ]
        except (APIError, *STREAM_ERRORS) as error:
            failure = _describe(error)
            raise UpstreamError(failure.detail, retryable=failure.retryable) from error
        return tuple(listed)

    async def aclose(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    async def _stream(self, request: CompletionRequest, answer: Answer) -> None:
        """Send the request and gather the events of its answer."""
        system = request.system
        # The client knows no sampling parameters; the interface still takes them
        # for the models that have them.
        body = dict(request.sampling)
        limit = body.pop("max_tokens", _DEFAULT_MAX_TOKENS)
        if request.json_schema is not None:
            form = self._ask_for(request.model, request.json_schema)
            if form is None:
                system = f"{system}\n\n{describe_schema(request.json_schema)}".strip()
                answer.note = "the model takes no schema: it was given in the prompt"
            else:
                body["output_config"] = form
        if system:
            body["system"] = system
        messages: Any = [
            {"role": m.role, "content": m.content} for m in request.messages
        ]
        stream = await self._client.messages.create(
            model=request.model,
            messages=messages,
            max_tokens=int(str(limit)),
            stream=True,
            extra_body=body,
        )
        async with stream:
            async for event in stream:
                _gather(event, answer)

    def _ask_for(
        self, model: str, schema: Mapping[str, object]
    ) -> dict[str, object] | None:
        """Return the output format, or None where the schema must go in the prompt.

        Keywords that the interface cannot enforce become prose inside the schema.
        """
        if model in self._without_schema:
            return None
        try:
            enforced = transform_schema(dict(schema))
        except ValueError:
            return None
        return {"format": {"type": "json_schema", "schema": enforced}}

    def _drop_schema(self, request: CompletionRequest, error: APIStatusError) -> bool:
        """Return whether the schema was refused and is now to go into the prompt."""
        if request.json_schema is None or request.model in self._without_schema:
            return False
        refused = "output_config" in error.message or "output_format" in error.message
        if error.status_code != _BAD_REQUEST or not refused:
            return False
        self._without_schema.add(request.model)
        return True


def _gather(event: RawMessageStreamEvent, answer: Answer) -> None:
    if event.type == "content_block_delta":
        delta = event.delta
        if answer.first_token_at is None:
            answer.first_token_at = time.perf_counter()
        if delta.type == "text_delta":
            answer.parts.append(delta.text)
    elif event.type == "message_start":
        answer.provider_model = event.message.model
        answer.input_tokens = _count_input(event.message.usage)
    elif event.type == "message_delta":
        answer.finish_reason = event.delta.stop_reason or answer.finish_reason
        answer.output_tokens = event.usage.output_tokens
        details = event.delta.stop_details
        if answer.finish_reason == "refusal" and details is not None:
            answer.refusal = details.explanation or details.category or "refused"


def _count_input(usage: Usage) -> int:
    """Return all input tokens: those written to and read from a cache count apart."""
    return (
        usage.input_tokens
        + (usage.cache_creation_input_tokens or 0)
        + (usage.cache_read_input_tokens or 0)
    )


def _describe(error: BaseException) -> Completion:
    if isinstance(error, APIStatusError):
        return describe_error(
            status=error.status_code,
            message=error.message,
            body=error.body,
            headers=error.response.headers,
        )
    return describe_break(error)


def _read_listed(model: ModelInfo) -> ListedModel:
    released = model.created_at
    return ListedModel(
        name=model.id,
        display_name=model.display_name or "",
        context_window=model.max_input_tokens or None,
        max_output_tokens=model.max_tokens or None,
        release_date=released.date() if released.year >= _FIRST_YEAR else None,
        is_deprecated=model.lifecycle in ("deprecated", "retired"),
    )
