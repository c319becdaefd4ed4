"""Classes to write, checked by scripts of method calls on their instances."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from textwrap import dedent
from typing import TYPE_CHECKING

from apps.benchmarks.domain.families.base import CODE_GENERATION, Family
from apps.benchmarks.domain.families.exercises import ANSWER_WITH_CODE, Args
from apps.benchmarks.domain.families.samples import integer
from apps.benchmarks.domain.specs import CallsCheck, Step, TaskKind, TaskSpec

if TYPE_CHECKING:
    import random
    from collections.abc import Callable

Call = tuple[str, Args]  # a method and its arguments

SCRIPTS = 3
CALLS = 10


@dataclass(frozen=True, slots=True)
class ClassExercise:
    """A class described in words, with a trusted one to compare with.

    `prompt`, `reference` and `broken` call the class by the name of `trusted`.
    """

    slug: str
    trusted: Callable[..., object]
    prompt: str
    reference: str
    broken: tuple[str, ...]
    create: Callable[[random.Random], Args]  # arguments of the constructor
    opening: tuple[Call, ...]  # the calls that every script begins with
    call: Callable[[random.Random], Call]


class Counter:
    """Counts up by steps and starts again."""

    def __init__(self, step: int) -> None:
        self._step = step
        self._presses = 0

    def press(self) -> None:
        """Count one step."""
        self._presses += 1

    def value(self) -> int:
        """Say how far the counter is."""
        return self._presses * self._step

    def reset(self) -> None:
        """Go back to zero."""
        self._presses = 0


class Account:
    """A balance that cannot fall below zero."""

    def __init__(self, balance: int) -> None:
        self._entries = [balance]

    def deposit(self, amount: int) -> None:
        """Add an amount."""
        self._entries.append(amount)

    def withdraw(self, amount: int) -> None:
        """Take an amount away.

        Raises:
            ValueError: The balance is less than the amount.
        """
        if amount > self.balance():
            raise ValueError
        self._entries.append(-amount)

    def balance(self) -> int:
        """Say what is left."""
        return sum(self._entries)


class RecentItems:
    """The latest items, newest first, each once."""

    def __init__(self, capacity: int) -> None:
        self._items: deque[int] = deque(maxlen=capacity)

    def add(self, item: int) -> None:
        """Put an item in front."""
        if item in self._items:
            self._items.remove(item)
        self._items.appendleft(item)

    def items(self) -> list[int]:
        """List the items, newest first."""
        return list(self._items)


def _counter_call(rng: random.Random) -> Call:
    return (rng.choices(("press", "value", "reset"), weights=(5, 4, 1))[0], ())


def _account_call(rng: random.Random) -> Call:
    method = rng.choice(("deposit", "withdraw", "balance"))
    return (method, () if method == "balance" else (integer(rng, 1, 60),))


def _recent_call(rng: random.Random) -> Call:
    method = rng.choices(("items", "add"), weights=(2, 3))[0]
    return (method, () if method == "items" else (integer(rng, 1, 5),))


COUNTER = ClassExercise(
    slug="counter",
    trusted=Counter,
    prompt=dedent("""\
        Write a Python class `Counter`.

        - `Counter(step)` makes a counter that stands at 0.
        - `press()` adds `step` to the counter and returns None.
        - `value()` returns where the counter stands.
        - `reset()` sets the counter back to 0 and returns None."""),
    reference=dedent("""\
        class Counter:
            def __init__(self, step):
                self.step = step
                self.count = 0

            def press(self):
                self.count += self.step

            def value(self):
                return self.count

            def reset(self):
                self.count = 0
        """),
    broken=(
        dedent("""\
            class Counter:
                def __init__(self, step):
                    self.step = step
                    self.count = 0

                def press(self):
                    self.count += 1

                def value(self):
                    return self.count

                def reset(self):
                    self.count = 0
            """),
        dedent("""\
            class Counter:
                count = 0

                def __init__(self, step):
                    self.step = step

                def press(self):
                    Counter.count += self.step

                def value(self):
                    return Counter.count

                def reset(self):
                    self.count = 0
            """),
    ),
    create=lambda rng: (integer(rng, 2, 9),),
    opening=(("value", ()), ("press", ()), ("press", ()), ("value", ()), ("reset", ()),
             ("value", ())),
    call=_counter_call,
)  # fmt: skip

ACCOUNT = ClassExercise(
    slug="account",
    trusted=Account,
    prompt=dedent("""\
        Write a Python class `Account` for whole amounts of money.

        - `Account(balance)` makes an account with this balance.
        - `deposit(amount)` adds `amount` to the balance and returns None.
        - `withdraw(amount)` takes `amount` from the balance and returns None; if
          `amount` is greater than the balance, it raises `ValueError` and the balance
          stays as it is.
        - `balance()` returns the balance."""),
    reference=dedent("""\
        class Account:
            def __init__(self, balance):
                self._balance = balance

            def deposit(self, amount):
                self._balance += amount

            def withdraw(self, amount):
                if amount > self._balance:
                    raise ValueError("not enough money")
                self._balance -= amount

            def balance(self):
                return self._balance
        """),
    broken=(
        dedent("""\
            class Account:
                def __init__(self, balance):
                    self._balance = balance

                def deposit(self, amount):
                    self._balance += amount

                def withdraw(self, amount):
                    self._balance -= amount
                    if self._balance < 0:
                        raise ValueError("not enough money")

                def balance(self):
                    return self._balance
            """),
    ),
    create=lambda rng: (integer(rng, 10, 40),),
    opening=(("balance", ()), ("withdraw", (10,)), ("withdraw", (99,)),
             ("balance", ()), ("deposit", (5,)), ("balance", ())),
    call=_account_call,
)  # fmt: skip

RECENT = ClassExercise(
    slug="recent-items",
    trusted=RecentItems,
    prompt=dedent("""\
        Write a Python class `RecentItems` that remembers the latest items.

        - `RecentItems(capacity)` makes an empty memory for at most `capacity` items.
        - `add(item)` makes `item` the newest item and returns None. An item that is
          already remembered moves to the newest place instead of standing there twice.
          If there are then more than `capacity` items, the oldest one is forgotten.
        - `items()` returns a list of the remembered items, the newest first."""),
    reference=dedent("""\
        class RecentItems:
            def __init__(self, capacity):
                self.capacity = capacity
                self.remembered = []

            def add(self, item):
                others = [other for other in self.remembered if other != item]
                self.remembered = [item] + others[:self.capacity - 1]

            def items(self):
                return list(self.remembered)
        """),
    broken=(
        dedent("""\
            class RecentItems:
                def __init__(self, capacity):
                    self.capacity = capacity
                    self.remembered = []

                def add(self, item):
                    self.remembered = ([item] + self.remembered)[:self.capacity]

                def items(self):
                    return list(self.remembered)
            """),
    ),
    create=lambda rng: (integer(rng, 2, 4),),
    # Adding the same item twice shows a doubled one whatever the capacity.
    opening=(("add", (1,)), ("add", (1,)), ("items", ()), ("add", (2,)), ("items", ())),
    call=_recent_call,
)

CLASSES = (COUNTER, ACCOUNT, RECENT)


def _script(exercise: ClassExercise, rng: random.Random) -> list[Step]:
    """Make one instance and call its methods, as the trusted class answers."""
    created = exercise.create(rng)
    instance = exercise.trusted(*created)
    steps = [Step(args=created, compare=False)]
    calls = [*exercise.opening, *(exercise.call(rng) for _ in range(CALLS))]
    for method, args in calls:
        steps.append(_expected(instance, method, args))
    return steps


def _expected(instance: object, method: str, args: Args) -> Step:
    try:
        value = getattr(instance, method)(*args)
    except ValueError:
        return Step(args=args, target=f".{method}", raises="ValueError")
    return Step(args=args, target=f".{method}", expected=value)


def draw_class(rng: random.Random) -> TaskSpec:
    """Draw a task that asks for a class."""
    exercise = rng.choice(CLASSES)
    steps = [step for _ in range(SCRIPTS) for step in _script(exercise, rng)]
    return TaskSpec(
        task_id="small-class",
        family="small-class",
        category=CODE_GENERATION,
        kind=TaskKind.PYTHON_FUNCTION,
        prompt=f"{exercise.prompt}\n\n{ANSWER_WITH_CODE}",
        entry_point=exercise.trusted.__name__,
        check=CallsCheck(tuple(steps)),
        reference=exercise.reference,
        broken=exercise.broken,
        difficulty="hard",
        metadata={"exercise": exercise.slug},
    )


CLASS_FAMILY = Family(
    "small-class", "Classes with state", CODE_GENERATION, 1, draw_class
)
