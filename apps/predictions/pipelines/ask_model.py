"""One model asked about its markets: samples, their repeats, and the predictions."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

from apps.catalog.domain.completions import Outcome
from apps.core.database import call, call_patiently
from apps.core.errors import NotFoundError
from apps.predictions.domain.asking import MOST_ATTEMPTS, derive_seed, enough
from apps.predictions.domain.prompts import ANSWER_SCHEMA, PROMPTS, write_prompt
from apps.predictions.domain.words import AttemptOutcome, ItemStatus
from apps.predictions.pipelines.ask_answers import (
    Place,
    describe_lack,
    to_attempt,
    to_entry,
    to_made,
    write_messages,
)
from apps.predictions.pipelines.ask_budget import BudgetSpentError
from apps.predictions.selectors.questions import question_about
from apps.predictions.services.answers import (
    put_question,
    settle_item,
    store_attempt,
)
from apps.predictions.services.ask_estimates import expected_cost
from apps.predictions.services.checking import find_market_fault, price_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from apps.catalog.domain.completions import Message
    from apps.catalog.pipelines.completions import Completer
    from apps.predictions.domain.entries import NewPrediction
    from apps.predictions.pipelines.ask_budget import AskBudget
    from apps.predictions.pipelines.ask_markets import FreshMarkets
    from apps.predictions.selectors.asks import (
        AskPlan,
        AttemptMade,
        ItemPlan,
        ModelPlan,
    )
    from apps.predictions.services.ask_leases import AskLease

NOTHING = Decimal(0)
# A price that is shown is no older.
SHOWN_WITHIN = timedelta(minutes=5)
# Begun beyond the model's limit, so that a free place is taken at once.
SPARE = 2
PATIENCE_SECONDS = 60.0
# What no second market would bring either.
HOPELESS = frozenset({Outcome.MISSING_KEY, Outcome.UNKNOWN_MODEL})
# What another attempt at a sample may set right.
REPEATED = frozenset({AttemptOutcome.UNREADABLE, AttemptOutcome.OUT_OF_RANGE})


@dataclass(frozen=True, slots=True)
class Desk:
    """What all models of an asking share."""

    plan: AskPlan
    lease: AskLease
    markets: FreshMarkets
    budget: AskBudget
    clock: Callable[[], datetime]
    record_within: timedelta
    moved: Callable[[], None] | None = None


class ModelAsker:
    """Asks one model; made for one use."""

    def __init__(self, desk: Desk, part: ModelPlan) -> None:
        """Take what is shared, and what is left for the model."""
        self._desk = desk
        self._part = part
        self._version = PROMPTS[desk.plan.prompt_version]
        self._dearest = part.dearest
        self._hopeless = ""
        self._is_broke = False

    async def ask_all(self, completer: Completer) -> None:
        """Ask about every market that is left, a few at a time.

        Raises:
            BudgetSpentError: the money is spent; all that was begun is finished.
        """
        under_way: set[asyncio.Task[None]] = set()
        try:
            for item in self._part.items:
                most = completer.concurrency + SPARE
                while len(under_way) * self._desk.plan.samples >= most:
                    under_way = await self._await_one(under_way)
                if self._is_broke:
                    break
                under_way.add(asyncio.create_task(self._ask_about(completer, item)))
            while under_way:
                under_way = await self._await_one(under_way)
        finally:
            for task in under_way:
                task.cancel()
            if under_way:
                await asyncio.wait(under_way)
        if self._is_broke:
            raise BudgetSpentError

    async def give_up(self, reason: str) -> None:
        """End everything that is left: the model cannot be asked."""
        for item in self._part.items:
            await self._settle(item, ItemStatus.FAILED, reason)

    async def _await_one(
        self, under_way: set[asyncio.Task[None]]
    ) -> set[asyncio.Task[None]]:
        done, left = await asyncio.wait(under_way, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            try:
                task.result()
            except BudgetSpentError:
                self._is_broke = True
        return left

    async def _ask_about(self, completer: Completer, item: ItemPlan) -> None:
        if self._hopeless:
            await self._settle(item, ItemStatus.FAILED, self._hopeless)
            return
        put = await self._prepare(item)
        if put is None:
            return
        samples = await asyncio.gather(
            *(
                self._ask_sample(completer, put, number)
                for number in range(1, self._desk.plan.samples + 1)
            ),
            return_exceptions=True,  # an answer under way is paid for: it is kept
        )
        made: list[AttemptMade] = []
        for one in samples:
            if isinstance(one, BaseException):
                raise one
            made += one
        await self._conclude(put, made)

    async def _prepare(self, item: ItemPlan) -> ItemPlan | None:
        """Return what is to be asked, or None where the market cannot be predicted."""
        desk = self._desk
        try:
            market = await desk.markets.get(item.market_id, within=SHOWN_WITHIN)
        except NotFoundError as error:
            await self._settle(item, ItemStatus.REFUSED, str(error))
            return None
        now = desk.clock()
        fault = find_market_fault(market, now)
        if fault:
            await self._settle(item, ItemStatus.REFUSED, fault)
            return None
        if item.prompt:
            return item
        price = price_of(market, desk.plan.outcome)
        shown = price.mid if price and desk.plan.shows_price else None
        question = question_about(market, desk.plan.outcome, price=shown)
        text = write_prompt(self._version, question, now).user
        await call_patiently(
            PATIENCE_SECONDS,
            put_question,
            lease=desk.lease,
            item_id=item.id,
            prompt=text,
            price_shown=shown,
            now=now,
        )
        return replace(item, prompt=text, prompted_at=now, price_shown=shown)

    async def _ask_sample(
        self, completer: Completer, item: ItemPlan, number: int
    ) -> list[AttemptMade]:
        """Ask until an answer can be used, or as often as may be; return all of it."""
        made = [one for one in item.attempts if one.sample == number]
        while not self._hopeless and (
            not made or (made[-1].outcome in REPEATED and len(made) < MOST_ATTEMPTS)
        ):
            made.append(await self._ask_once(completer, item, number, made))
        return made

    async def _ask_once(
        self,
        completer: Completer,
        item: ItemPlan,
        number: int,
        made: Sequence[AttemptMade],
    ) -> AttemptMade:
        plan, attempt = self._desk.plan, len(made) + 1
        messages = write_messages(item.prompt, made[-1] if made else None)
        expected = self._expect(messages)
        await self._desk.budget.admit(expected)
        cost: Decimal | None = None
        try:
            completion = await completer.complete(
                messages,
                system=self._version.system,
                json_schema=ANSWER_SCHEMA,
                seed=derive_seed(plan.seed, number, attempt),
            )
            cost = completion.cost if completion.outcome.is_answer else NOTHING
        finally:
            await self._desk.budget.settle(expected, cost)
        self._dearest = max(self._dearest, cost or NOTHING)
        if completion.outcome in HOPELESS:
            self._hopeless = completion.detail or completion.outcome.value
        key = Place(item.id, self._part.experiment_id, item.market_id, number, attempt)
        stored = to_attempt(key, messages, completion, self._desk.clock())
        await call_patiently(
            PATIENCE_SECONDS,
            store_attempt,
            lease=self._desk.lease,
            made=stored,
            now=self._desk.clock(),
        )
        await self._tell()
        return to_made(stored)

    def _expect(self, messages: Sequence[Message]) -> Decimal:
        text = "".join(one.content for one in messages)
        likely = expected_cost(self._part.model, self._version.system, text)
        return max(likely or NOTHING, self._dearest)

    async def _conclude(self, item: ItemPlan, made: Sequence[AttemptMade]) -> None:
        """Record the prediction, if enough of the samples can be used."""
        wanted = self._desk.plan.samples
        readable = sum(one.outcome is AttemptOutcome.OK for one in made)
        if not enough(readable, wanted):
            has_failed = all(one.outcome is AttemptOutcome.FAILED for one in made)
            status = ItemStatus.FAILED if has_failed else ItemStatus.UNANSWERED
            reason = self._hopeless if not made else describe_lack(made, wanted)
            await self._settle(item, status, reason)
            return
        try:
            market = await self._desk.markets.get(
                item.market_id, within=self._desk.record_within
            )
        except NotFoundError as error:
            await self._settle(item, ItemStatus.REFUSED, str(error))
            return
        entry = to_entry(self._desk.plan, self._part, item, market, made)
        await self._settle(item, ItemStatus.RECORDED, "", entry)

    async def _settle(
        self,
        item: ItemPlan,
        status: ItemStatus,
        reason: str,
        entry: NewPrediction | None = None,
    ) -> None:
        await call_patiently(
            PATIENCE_SECONDS,
            settle_item,
            lease=self._desk.lease,
            item_id=item.id,
            entry=entry,
            status=status,
            reason=reason,
            now=self._desk.clock(),
        )
        await self._tell()

    async def _tell(self) -> None:
        if self._desk.moved is not None:
            await call(self._desk.moved)
