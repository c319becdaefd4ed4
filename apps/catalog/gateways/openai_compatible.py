"""OpenAI and everything that speaks its chat completions.

Servers differ in what they take. What one refuses is asked for in another way at once
(the token limit under its other name, a schema in the prompt, no seed, no usage), and
that is remembered for as long as the gateway lives. Sampling is never dropped: a model
that does not take its temperature fails, since it would not be what its name says.
"""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, replace
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any

from openai import APIError, APIStatusError, AsyncOpenAI, AsyncStream

from apps.catalog.domain.answers import Answer, conclude
from apps.catalog.domain.completions import (
    Completion,
    CompletionRequest,
    ListedModel,
    Outcome,
)
from apps.catalog.domain.structured import describe_schema, is_closed
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
    from openai import RequestOptions
    from openai.types import Model

_FINISHES = {
    "stop": Outcome.OK,
    "tool_calls": Outcome.OK,
    "length": Outcome.TRUNCATED,
    "content_filter": Outcome.REFUSAL,
    "error": Outcome.UPSTREAM_FAILED,
}
_BAD_REQUEST = (400, 422)
# The provider's key and no other: the client reads an admin key from the environment.
_OPTIONS: RequestOptions = {"security": {"bearer_auth": True}}
_PER_MILLION = Decimal(1_000_000)
# How a server words that it does not take something, by the flag that says so.
_REFUSED = (
    ("takes_max_tokens", ("max_completion_tokens",)),
    ("takes_schema", ("response_format", "json_schema")),
    ("takes_usage", ("stream_options", "include_usage")),
    ("takes_seed", ("seed",)),
)


@dataclass(frozen=True, slots=True)
class _Dialect:
    """How one server wants to be asked."""

    takes_schema: bool = True
    takes_usage: bool = True
    takes_seed: bool = True
    takes_max_tokens: bool = True  # else max_completion_tokens

    def adapt(self, error: APIStatusError) -> _Dialect | None:
        """Return the dialect that avoids what the server refused, or None."""
        if error.status_code not in _BAD_REQUEST:
            return None
        text = f"{error.param or ''} {error.message}".lower()
        for name, signs in _REFUSED:
            if getattr(self, name) and any(sign in text for sign in signs):
                without: dict[str, Any] = {name: False}
                return replace(self, **without)
        return None


class OpenAICompatibleGateway:
    """A provider reached through the `openai` client."""

    def __init__(
        self,
        *,
        http: httpx2.AsyncClient,
        base_url: str,
        api_key: str,
        timeout_seconds: float = 600.0,
    ) -> None:
        """Take over `http`; `timeout_seconds` bounds one attempt as a whole."""
        self._http = http
        self._timeout = timeout_seconds
        self._client = AsyncOpenAI(
            # The client insists on a key; a server without keys ignores it.
            api_key=api_key or "none",
            base_url=base_url,
            http_client=http,
            max_retries=0,
        )
        # Read from the environment by the client, and meant for one provider only.
        self._client.organization = None
        self._client.project = None
        self._dialects: dict[str, _Dialect] = {}

    async def complete(self, request: CompletionRequest) -> Completion:
        """Ask once, in the way that this server takes."""
        began = time.perf_counter()
        while True:
            dialect = self._dialects.get(request.model, _Dialect())
            started = time.perf_counter()
            answer = Answer()
            try:
                async with asyncio.timeout(self._timeout):
                    await self._stream(request, dialect, answer)
            except APIStatusError as error:
                adapted = dialect.adapt(error)
                if adapted is not None:
                    self._dialects[request.model] = adapted
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
        """Return every model of the listing.

        Raises:
            UpstreamError: the listing failed or broke off.
        """
        try:
            async with asyncio.timeout(self._timeout):
                return tuple(
                    [_read_listed(m) async for m in self._client.models.list()]
                )
        except (APIError, *STREAM_ERRORS) as error:
            failure = _describe(error)
            raise UpstreamError(failure.detail, retryable=failure.retryable) from error

    async def aclose(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    async def _stream(
        self, request: CompletionRequest, dialect: _Dialect, answer: Answer
    ) -> None:
        """Send the request and gather the pieces of its answer.

        As plain data in both directions: to shape the request and each piece by the
        client's models took a quarter of the work on a short answer.
        """
        if request.json_schema is not None and not dialect.takes_schema:
            answer.note = "the server takes no schema: it was given in the prompt"
        stream = await self._client.post(
            "/chat/completions",
            body=_build_body(request, dialect),
            options=_OPTIONS,
            cast_to=object,
            stream=True,
            stream_cls=AsyncStream[object],
        )
        async with stream:
            async for chunk in stream:
                if isinstance(chunk, dict):
                    _gather(chunk, answer)


def _build_messages(request: CompletionRequest, dialect: _Dialect) -> Any:
    system = request.system
    if request.json_schema is not None and not dialect.takes_schema:
        system = f"{system}\n\n{describe_schema(request.json_schema)}".strip()
    head = [{"role": "system", "content": system}] if system else []
    return head + [{"role": m.role, "content": m.content} for m in request.messages]


def _build_body(request: CompletionRequest, dialect: _Dialect) -> dict[str, object]:
    body: dict[str, object] = {
        "model": request.model,
        "messages": _build_messages(request, dialect),
        "stream": True,
        **request.sampling,
    }
    if "max_tokens" in body and not dialect.takes_max_tokens:
        body["max_completion_tokens"] = body.pop("max_tokens")
    if request.seed is not None and dialect.takes_seed:
        body["seed"] = request.seed
    if dialect.takes_usage:
        body["stream_options"] = {"include_usage": True}
    if request.json_schema is not None and dialect.takes_schema:
        body["response_format"] = {
            "type": "json_schema",
            "json_schema": {
                "name": "answer",
                "schema": dict(request.json_schema),
                "strict": is_closed(request.json_schema),
            },
        }
    return body


def _gather(chunk: Mapping[str, Any], answer: Answer) -> None:
    """Take in one piece; servers leave out what they please, so nothing is trusted."""
    if model := _read_text(chunk, "model"):
        answer.provider_model = model
    usage = chunk.get("usage")
    if isinstance(usage, dict):
        answer.input_tokens = _read_tokens(usage, "prompt_tokens")
        answer.output_tokens = _read_tokens(usage, "completion_tokens")
    choices = chunk.get("choices")
    for choice in choices if isinstance(choices, list) else ():
        if isinstance(choice, dict):
            _gather_choice(choice, answer)


def _gather_choice(choice: Mapping[str, Any], answer: Answer) -> None:
    if reason := _read_text(choice, "finish_reason"):
        answer.finish_reason = reason
    delta = choice.get("delta")
    if not isinstance(delta, dict):
        return
    if content := _read_text(delta, "content"):
        answer.parts.append(content)
    elif refusal := _read_text(delta, "refusal"):
        answer.refusal += refusal
    elif not (delta.get("reasoning") or delta.get("reasoning_content")):
        return
    if answer.first_token_at is None:
        answer.first_token_at = time.perf_counter()


def _read_text(fields: Mapping[str, Any], name: str) -> str:
    value = fields.get(name)
    return value if isinstance(value, str) else ""


def _read_tokens(usage: Mapping[str, Any], name: str) -> int | None:
    count = usage.get(name)
    return count if isinstance(count, int) else None


def _describe(error: BaseException) -> Completion:
    if isinstance(error, APIStatusError):
        return describe_error(
            status=error.status_code,
            message=error.message,
            body=error.body,
            headers=error.response.headers,
        )
    if isinstance(error, APIError) and error.body is not None:
        return describe_error(status=200, message=error.message, body=error.body)
    return describe_break(error)


def _read_listed(model: Model) -> ListedModel:
    """Read one entry of a listing, with the fields that OpenRouter adds.

    Its `created` is the date of the entry and not of the model, so it is left out.
    """
    extra: dict[str, Any] = model.model_extra or {}
    prices = extra.get("pricing") or {}
    top = extra.get("top_provider") or {}
    return ListedModel(
        # Google lists "models/NAME" and takes the bare name.
        name=model.id.removeprefix("models/"),
        display_name=str(extra.get("name") or extra.get("display_name") or ""),
        context_window=_read_count(extra.get("context_length")),
        max_output_tokens=_read_count(top.get("max_completion_tokens")),
        input_price=_read_price(prices.get("prompt")),
        output_price=_read_price(prices.get("completion")),
    )


def _read_count(value: object) -> int | None:
    return value if isinstance(value, int) and value > 0 else None


def _read_price(value: object) -> Decimal | None:
    """Return dollars per million tokens from dollars a token, or None."""
    try:
        price = Decimal(str(value)) * _PER_MILLION
    except InvalidOperation:
        return None
    # OpenRouter writes -1 for a price that depends on where it routes.
    return price if price.is_finite() and price >= 0 else None
