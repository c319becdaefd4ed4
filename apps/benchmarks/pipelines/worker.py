"""Three tasks around one shard: ask and grade, store as results come, watch."""

from __future__ import annotations

import asyncio
import time
from contextlib import suppress
from dataclasses import asdict
from typing import TYPE_CHECKING

import structlog

from apps.benchmarks.models import ShardStatus
from apps.benchmarks.pipelines.budget import Budget
from apps.benchmarks.pipelines.samples import ask, give_up, grade
from apps.benchmarks.services.leases import read_run_state, renew_lease
from apps.benchmarks.services.results import store_results
from apps.core.build import code_version, package_versions
from apps.core.database import call_patiently

if TYPE_CHECKING:
    import threading

    from apps.benchmarks.domain.samples import SampleResult
    from apps.benchmarks.pipelines.samples import Desk
    from apps.benchmarks.pipelines.shards import ShardOptions
    from apps.benchmarks.selectors.shards import Todo
    from apps.benchmarks.services.leases import Lease
    from apps.catalog.domain.completions import Completion

logger = structlog.get_logger(__name__)

# Asked beyond the limit, so that a free place is taken at once.
SPARE = 2
# Answers that wait to be graded or stored; beyond these the model is not asked.
MOST_WAITING = 256
KEPT_CHANGES = 200
_PACKAGES = {
    "anthropic": ("anthropic",),
    "openai_compatible": ("openai",),
    "embedded": ("openai", "xllamacpp"),
}

End = tuple[str, str]  # the shard's status and the reason for it


class ShardWorker:
    """Works through one shard's plan; made for one use."""

    def __init__(
        self,
        lease: Lease,
        desk: Desk,
        options: ShardOptions,
        leaving: threading.Event,
    ) -> None:
        """Take what was opened for the shard; `leaving` is set when to go."""
        self._lease = lease
        self._desk = desk
        self._options = options
        self._leaving = leaving
        self._duration = options.lease
        self._patience = self._duration.total_seconds()
        self._budget = Budget(
            lease,
            max_cost=desk.plan.max_cost,
            expected=desk.plan.expected_cost,
            patience_seconds=self._patience,
        )
        self._versions = {
            "assay": code_version(),
            **package_versions(_PACKAGES[desk.plan.model.provider.gateway]),
        }
        self._asking = 0
        self._waiting = 0  # answered, not yet stored
        self._freed = asyncio.Event()
        self._finished: list[SampleResult] = []
        self._more = asyncio.Event()
        self._closing = asyncio.Event()

    async def work(self) -> End:
        """Work until all is done or the work is no longer wanted.

        What is finished is stored before this returns.

        Raises:
            LeaseLostError: somebody else has the shard; nothing more was written.
        """
        doing = asyncio.create_task(self._do_all())
        storing = asyncio.create_task(self._store_as_they_come())
        watching = asyncio.create_task(self._watch())
        tasks = (doing, storing, watching)
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            first = next(task for task in (storing, watching, doing) if task.done())
            if first is storing:
                await storing  # it ends by itself only by an error
            end = await (doing if first is doing else watching)
            await _cancel(doing)
            self._closing.set()
            self._more.set()
            await storing
        finally:
            for task in tasks:
                await _cancel(task)
        return end

    async def _do_all(self) -> End:
        under_way: set[asyncio.Task[None]] = set()
        try:
            for todo in self._desk.plan.todo:
                await self._await_place()
                room = self._desk.completer.concurrency - self._asking
                if not await self._budget.admit(room):
                    return ShardStatus.STOPPED, await self._describe_stop(under_way)
                self._asking += 1
                task = asyncio.create_task(self._do(todo))
                under_way.add(task)
                task.add_done_callback(under_way.discard)
            while under_way:
                await asyncio.wait(under_way)
        finally:
            for task in under_way:
                task.cancel()
        return ShardStatus.DONE, ""

    async def _describe_stop(self, under_way: set[asyncio.Task[None]]) -> str:
        while under_way:
            await asyncio.wait(under_way)
        return f"The cost limit of ${self._desk.plan.max_cost:f} leaves no more room."

    async def _await_place(self) -> None:
        while (
            self._asking >= self._desk.completer.concurrency + SPARE
            or self._waiting >= MOST_WAITING
        ):
            self._freed.clear()
            await self._freed.wait()

    async def _do(self, todo: Todo) -> None:
        try:
            completion = await self._ask(todo)
            result = await grade(self._desk, todo, completion)
        except Exception as error:
            # One sample's fault must not take the others along; it counts as unscored.
            logger.exception("sample_failed", task=str(todo.key.task_id))
            result = give_up(self._desk, todo, error)
        self._finished.append(result)
        self._more.set()

    async def _ask(self, todo: Todo) -> Completion:
        try:
            completion = await ask(self._desk, todo)
        finally:
            self._asking -= 1
            self._waiting += 1
            self._freed.set()
        return completion

    async def _store_as_they_come(self) -> None:
        while not (self._closing.is_set() and not self._finished):
            await self._more.wait()
            with suppress(TimeoutError):
                async with asyncio.timeout(self._options.batch_seconds):
                    await self._closing.wait()
            self._more.clear()
            batch, self._finished = self._finished, []
            if batch:
                await self._store(batch)

    async def _store(self, batch: list[SampleResult]) -> None:
        await call_patiently(
            self._patience,
            store_results,
            lease=self._lease,
            results=batch,
            package_versions=self._versions,
            reserved=self._budget.reserved_without(batch),
            limit_changes=self._describe_changes(),
            now=self._desk.clock(),
            duration=self._duration,
        )
        self._budget.settle(batch)
        self._waiting -= len(batch)
        self._freed.set()

    def _describe_changes(self) -> list[dict[str, object]]:
        changes = [
            {**asdict(change), "at": change.at.isoformat()}
            for change in self._desk.completer.changes
        ]
        return [*self._desk.plan.limit_changes, *changes][-KEPT_CHANGES:]

    async def _watch(self) -> End:
        """Return when the work is no longer wanted; keep the lease until then."""
        renewed = time.monotonic()
        while True:
            await asyncio.sleep(self._options.poll_seconds)
            if self._leaving.is_set():
                return ShardStatus.PENDING, "the worker left"
            if time.monotonic() - renewed > self._patience / 3:
                now = self._desk.clock()
                await call_patiently(
                    self._patience,
                    renew_lease,
                    lease=self._lease,
                    now=now,
                    duration=self._duration,
                )
                renewed = time.monotonic()
            state = await call_patiently(
                self._patience, read_run_state, lease=self._lease
            )
            if not state.is_active:
                return ShardStatus.CANCELLED, ""


async def _cancel(task: asyncio.Task[object]) -> None:
    task.cancel()
    await asyncio.wait([task])
