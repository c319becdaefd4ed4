"""Whole programs to write: standard input in, standard output out."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from apps.benchmarks.domain.families.base import CODE_GENERATION, Family
from apps.benchmarks.domain.families.exercises import tidied
from apps.benchmarks.domain.families.samples import integers, sentence, words
from apps.benchmarks.domain.specs import ProgramCase, ProgramCheck, TaskKind, TaskSpec

if TYPE_CHECKING:
    import random
    from collections.abc import Callable

RANDOM_RUNS = 4


@dataclass(frozen=True, slots=True)
class ProgramExercise:
    """A program described in words, with a trusted solution to compare with."""

    slug: str
    does: str  # completes "a Python program that …"
    reference: str
    broken: tuple[str, ...]
    solve: Callable[[str], str]  # standard input → standard output
    edges: tuple[str, ...]  # always run; the first one is shown as the example
    sample: Callable[[random.Random], str]
    difficulty: str = "medium"


def _numbers(text: str) -> list[int]:
    return [int(number) for number in text.split()]


def _numbers_line(rng: random.Random) -> str:
    return " ".join(map(str, integers(rng, least=1))) + "\n"


def _one_number(rng: random.Random) -> str:
    return f"{rng.randint(0, 99)}\n"


def _lines(rng: random.Random) -> str:
    return "".join(f"{sentence(rng)}\n" for _ in range(rng.randint(1, 6)))


def _word_lines(rng: random.Random) -> str:
    return "".join(f"{word}\n" for word in words(rng, least=1, most=12))


def _reversed_lines(text: str) -> str:
    return "".join(f"{line}\n" for line in reversed(text.splitlines()))


def _frequencies(text: str) -> str:
    counted = Counter(text.split())
    ranked = sorted(counted, key=lambda word: (-counted[word], word))
    return "".join(f"{word} {counted[word]}\n" for word in ranked)


def _columns_total(text: str) -> str:
    totals: Counter[str] = Counter()
    for line in text.splitlines():
        name, amount = line.split(",")
        totals[name] += int(amount)
    return "".join(f"{name}: {totals[name]}\n" for name in sorted(totals))


def _payments(rng: random.Random) -> str:
    names = words(rng, least=1, most=8)
    return "".join(f"{name},{rng.randint(-20, 90)}\n" for name in names)


PROGRAMS = (
    ProgramExercise(
        slug="echo-upper",
        does="reads one line of text from standard input and prints it in upper case",
        reference="print(input().upper())\n",
        broken=("print(input().capitalize())\n", "print(input())\n"),
        solve=lambda text: text.upper(),
        edges=("hello World\n", "a\n", "x1 y2\n"),
        sample=lambda rng: sentence(rng) + "\n",
        difficulty="easy",
    ),
    ProgramExercise(
        slug="double-number",
        does="reads one integer from standard input and prints its double",
        reference="print(int(input()) * 2)\n",
        broken=("print(input() * 2)\n", "print(int(input()) ** 2)\n"),
        solve=lambda text: f"{int(text) + int(text)}\n",
        edges=("21\n", "0\n", "-4\n"),
        sample=_one_number,
        difficulty="easy",
    ),
    ProgramExercise(
        slug="even-or-odd",
        does="reads one integer from standard input and prints `even` if it is even and"
        " `odd` if it is odd",
        reference='print("odd" if int(input()) % 2 else "even")\n',
        broken=(
            'print("even" if int(input()) % 2 else "odd")\n',
            'print("even" if int(input()) > 0 else "odd")\n',
        ),
        solve=lambda text: ("even\n", "odd\n")[int(text) & 1],
        edges=("6\n", "7\n", "0\n", "-3\n"),
        sample=_one_number,
        difficulty="easy",
    ),
    ProgramExercise(
        slug="sum-of-line",
        does="reads one line of integers, separated by spaces, from standard input and"
        " prints their sum",
        reference="print(sum(map(int, input().split())))\n",
        broken=(
            "print(sum(map(int, input().split()[1:])))\n",
            "print(len(input().split()))\n",
        ),
        solve=lambda text: f"{sum(_numbers(text))}\n",
        edges=("1 2 3\n", "7\n", "-5 5 12\n"),
        sample=_numbers_line,
    ),
    ProgramExercise(
        slug="largest-of-line",
        does="reads one line of integers, separated by spaces, from standard input and"
        " prints the largest of them",
        reference="print(max(map(int, input().split())))\n",
        broken=("print(max(input().split()))\n", "print(input().split()[-1])\n"),
        solve=lambda text: f"{max(_numbers(text))}\n",
        edges=("3 12 5\n", "-7\n", "9 10\n", "-2 -1 -30\n"),
        sample=_numbers_line,
    ),
    ProgramExercise(
        slug="reversed-lines",
        does="reads all lines from standard input and prints them in reverse order, the"
        " last line first",
        reference="""
            import sys

            for line in reversed(sys.stdin.read().splitlines()):
                print(line)
            """,
        broken=(
            """
                import sys

                for line in sys.stdin.read().splitlines():
                    print(line[::-1])
                """,
            """
                import sys

                for line in sorted(sys.stdin.read().splitlines()):
                    print(line)
                """,
        ),
        solve=_reversed_lines,
        edges=("one\nthree\ntwo\n", "alone\n", "b c\na\n"),
        sample=_lines,
    ),
    ProgramExercise(
        slug="word-frequencies",
        does="reads words, one on each line, from standard input and prints for each"
        " different word a line with the word, a space and how often it occurred; the"
        " most frequent word comes first, and words that are equally frequent are in"
        " alphabetical order",
        reference="""
            import sys
            from collections import Counter

            counted = Counter(sys.stdin.read().split())
            for word, times in sorted(counted.items(), key=lambda x: (-x[1], x[0])):
                print(word, times)
            """,
        broken=(
            """
                import sys
                from collections import Counter

                for word, times in Counter(sys.stdin.read().split()).most_common():
                    print(word, times)
                """,
            """
                import sys
                from collections import Counter

                for word, times in sorted(Counter(sys.stdin.read().split()).items()):
                    print(word, times)
                """,
        ),
        solve=_frequencies,
        edges=("pear\nfig\nfig\napple\n", "one\n", "b\na\n"),
        sample=_word_lines,
        difficulty="hard",
    ),
    ProgramExercise(
        slug="totals-by-name",
        does="reads lines of the form `NAME,AMOUNT` from standard input, where AMOUNT"
        " is an integer, and prints for each different name, in alphabetical order, a"
        " line `NAME: TOTAL` with the sum of its amounts",
        reference="""
            import sys

            totals = {}
            for line in sys.stdin:
                name, amount = line.strip().split(",")
                totals[name] = totals.get(name, 0) + int(amount)
            for name in sorted(totals):
                print(f"{name}: {totals[name]}")
            """,
        broken=(
            """
                import sys

                totals = {}
                for line in sys.stdin:
                    name, amount = line.strip().split(",")
                    totals[name] = int(amount)
                for name in sorted(totals):
                    print(f"{name}: {totals[name]}")
                """,
            """
                import sys

                totals = {}
                for line in sys.stdin:
                    name, amount = line.strip().split(",")
                    totals[name] = totals.get(name, 0) + int(amount)
                for name in totals:
                    print(f"{name}: {totals[name]}")
                """,
        ),
        solve=_columns_total,
        edges=("bo,5\nann,7\nbo,-2\n", "zed,0\n"),
        sample=_payments,
        difficulty="hard",
    ),
)


def program_task(exercise: ProgramExercise, rng: random.Random) -> TaskSpec:
    """Draw a task that asks for a program."""
    runs = [*exercise.edges, *(exercise.sample(rng) for _ in range(RANDOM_RUNS))]
    cases = tuple(ProgramCase(stdin, exercise.solve(stdin)) for stdin in runs)
    return TaskSpec(
        task_id="stdin-program",
        family="stdin-program",
        category=CODE_GENERATION,
        kind=TaskKind.PYTHON_PROGRAM,
        prompt=(
            f"Write a Python program that {exercise.does}. It prints nothing else.\n\n"
            f"Example input:\n```\n{cases[0].stdin}```\n\n"
            f"Example output:\n```\n{cases[0].stdout}```\n\n"
            "Answer with the whole program only, in one Python code block."
        ),
        entry_point="",
        check=ProgramCheck(cases),
        reference=tidied(exercise.reference) + "\n",
        broken=tuple(tidied(code) + "\n" for code in exercise.broken),
        difficulty=exercise.difficulty,
        metadata={"exercise": exercise.slug},
    )


PROGRAM_FAMILY = Family(
    "stdin-program",
    "Programs that read and print",
    CODE_GENERATION,
    2,
    lambda rng: program_task(rng.choice(PROGRAMS), rng),
)
