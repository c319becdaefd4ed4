"""Ask a model: its concurrency limit, retries and cost around one gateway."""

from __future__ import annotations

import asyncio
import random
import time
from contextlib import asynccontextmanager, nullcontext
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from apps.catalog.domain.completions import Completion, CompletionRequest, Message
from apps.catalog.domain.concurrency import LimitPolicy
from apps.catalog.domain.costs import compute_cost
from apps.catalog.gateways.embedded_server import SLOTS
from apps.catalog.gateways.embedded_slots import ServerSlots
from apps.catalog.models import GatewayKind
from apps.catalog.pipelines.gateways import get_run_dir, open_gateway
from apps.catalog.pipelines.limiter import AdaptiveLimiter
from apps.core.backoff import RetryPolicy

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
    from contextlib import AbstractAsyncContextManager
    from datetime import datetime
    from decimal import Decimal

    from apps.catalog.domain.concurrency import LimitChange
    from apps.catalog.domain.credentials import OwnKey
    from apps.catalog.gateways.base import Gateway
    from apps.catalog.selectors.models import ModelRow


@dataclass(frozen=True, slots=True)
class Timing:
    """What a completer reads time and chance from."""

    clock: Callable[[], float] = time.monotonic  # seconds
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    draw: Callable[[], float] = field(default=random.random)  # uniform in [0, 1)


class Completer:
    """Asks one model; any number of coroutines of one event loop may share it."""

    def __init__(
        self,
        model: ModelRow,
        *,
        gateway: Gateway,
        limiter: AdaptiveLimiter,
        slots: Callable[[], AbstractAsyncContextManager[None]],
        retries: RetryPolicy,
        timing: Timing,
    ) -> None:
        """Take the parts; `open_completer` puts them together."""
        self.model = model
        self._gateway = gateway
        self._limiter = limiter
        self._slots = slots
        self._retries = retries
        self._timing = timing

    @property
    def concurrency(self) -> int:
        """How many requests may be in flight now."""
        return self._limiter.value

    @property
    def changes(self) -> tuple[LimitChange, ...]:
        """Every change of that limit so far, with its reason."""
        return self._limiter.changes

    async def complete(
        self,
        prompt: str | Sequence[Message],
        *,
        system: str = "",
        json_schema: Mapping[str, object] | None = None,
        seed: int | None = None,
    ) -> Completion:
        """Ask until there is an answer, a failure that stays, or no patience left.

        A failure is returned as an outcome. The cost is that of the answer.
        """
        messages = (Message("user", prompt),) if isinstance(prompt, str) else prompt
        request = CompletionRequest(
            model=self.model.upstream_name,
            messages=tuple(messages),
            system=system,
            sampling=self.model.sampling,
            json_schema=json_schema,
            seed=seed,
        )
        began = self._timing.clock()
        queued = paused = 0.0
        retry = 0
        while True:
            completion, wait = await self._attempt(request, was_retried=retry > 0)
            queued += wait
            spent = self._timing.clock() - began - queued
            pause = self._choose_pause(completion, retry, spent)
            if pause is None:
                break
            before = self._timing.clock()
            await self._timing.sleep(pause)
            paused += self._timing.clock() - before
            retry += 1
        return replace(
            completion,
            cost=self._price(completion),
            retries=retry,
            waited_ms=(queued + paused) * 1000,
            total_ms=(self._timing.clock() - began) * 1000,
        )

    async def _attempt(
        self, request: CompletionRequest, *, was_retried: bool
    ) -> tuple[Completion, float]:
        """Return what one attempt brought, and the seconds it waited for a place."""
        before = self._timing.clock()
        async with self._limiter.slot(), self._slots():
            wait = self._timing.clock() - before
            completion = await self._gateway.complete(request)
            self._limiter.record(completion, was_retried=was_retried)
        return completion, wait

    def _choose_pause(
        self, completion: Completion, retry: int, spent: float
    ) -> float | None:
        if not completion.retryable:
            return None
        return self._retries.choose_pause(
            retry=retry,
            draw=self._timing.draw(),
            spent_seconds=spent,
            retry_after_seconds=completion.retry_after_seconds,
        )

    def _price(self, completion: Completion) -> Decimal | None:
        if not completion.outcome.is_answer:
            return None
        return compute_cost(
            input_tokens=completion.input_tokens,
            output_tokens=completion.output_tokens,
            input_price=self.model.input_price,
            output_price=self.model.output_price,
        )


@asynccontextmanager
async def open_completer(
    model: ModelRow,
    *,
    now: datetime,
    retries: RetryPolicy | None = None,
    limits: LimitPolicy | None = None,
    timing: Timing | None = None,
    own_key: OwnKey | None = None,
) -> AsyncIterator[Completer]:
    """Have a way to ask `model` for as long as the block lasts.

    `now` dates the changes of the concurrency limit. With `own_key` a workspace asks,
    and no key of the operator's is used. A model without a key answers every request
    with that outcome.

    Raises:
        UnavailableError: the embedded model is not installed or does not start.
    """
    timing = timing or Timing()
    is_embedded = model.provider.gateway == GatewayKind.EMBEDDED
    if limits is None:
        limits = LimitPolicy.fixed(SLOTS) if is_embedded else LimitPolicy()
    limiter = AdaptiveLimiter(
        limits, model=model.full_name, now=now, clock=timing.clock
    )
    async with open_gateway(
        model.provider, connections=limits.maximum, own_key=own_key
    ) as gateway:
        yield Completer(
            model,
            gateway=gateway,
            limiter=limiter,
            slots=ServerSlots(get_run_dir(), SLOTS).hold
            if is_embedded
            else nullcontext,
            retries=retries or RetryPolicy(),
            timing=timing,
        )
