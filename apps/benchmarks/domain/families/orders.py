"""Exercises on the order and the shape of lists."""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING

from apps.benchmarks.domain.families.exercises import Args, Exercise, exercise_family
from apps.benchmarks.domain.families.samples import integer, integers

if TYPE_CHECKING:
    import random
    from collections.abc import Sequence

    from apps.benchmarks.domain.families.base import Family


def _numbers(rng: random.Random) -> Args:
    return (integers(rng),)


def _some_numbers(rng: random.Random) -> Args:
    return (integers(rng, least=1),)


def _rotate(items: Sequence[object], steps: int) -> list[object]:
    size = len(items)
    return [items[(place - steps) % size] for place in range(size)]


ORDERS = (
    Exercise(
        slug="first-item",
        names=("first_item", "head", "get_first"),
        params="items",
        does="returns the first item of the non-empty list `items`",
        body="return items[0]",
        broken=("return items[1] if len(items) > 1 else None", "return items[:1]"),
        solve=lambda items: next(iter(items)),
        edges=(([4, 5, 6],), ([9],), ([0, 1],)),
        sample=_some_numbers,
    ),
    Exercise(
        slug="last-item",
        names=("last_item", "tail_item", "get_last"),
        params="items",
        does="returns the last item of the non-empty list `items`",
        body="return items[-1]",
        broken=("return items[0]", "return items[-1:]"),
        solve=lambda items: items[len(items) - 1],
        edges=(([4, 5, 6],), ([9],), ([0, 1],)),
        sample=_some_numbers,
    ),
    Exercise(
        slug="ascending",
        names=("sort_numbers", "ascending", "in_order"),
        params="values",
        does="returns a list of the numbers of the list `values` in ascending order",
        body="return sorted(values)",
        broken=("return sorted(set(values))", "return sorted(values, reverse=True)"),
        solve=sorted,
        edges=(([3, 1, 2],), ([],), ([5, 5, -1],)),
        sample=_numbers,
    ),
    Exercise(
        slug="descending",
        names=("sort_descending", "descending", "high_to_low"),
        params="values",
        does="returns a list of the numbers of the list `values` in descending order",
        body="return sorted(values, reverse=True)",
        broken=("return sorted(values)", "return values[::-1]"),
        solve=lambda values: [-value for value in sorted(-value for value in values)],
        edges=(([3, 1, 2],), ([],), ([5, 5, -1],)),
        sample=_numbers,
    ),
    Exercise(
        slug="reversed-list",
        names=("reverse_list", "backwards", "reversed_items"),
        params="items",
        does="returns a list of the items of the list `items` in reverse order",
        body="return items[::-1]",
        broken=("return sorted(items, reverse=True)", "return items[1::-1]"),
        solve=lambda items: list(reversed(items)),
        edges=(([1, 2, 3],), ([],), ([5, 1, 7, 7],)),
        sample=_numbers,
    ),
    Exercise(
        slug="first-items",
        names=("first_items", "take", "take_first"),
        params="items, count",
        does="returns a list of the first `count` items of the list `items`, or of all"
        " items if there are fewer",
        body="return items[:count]",
        broken=("return items[count:]", "return items[:count + 1]"),
        solve=lambda items, count: [
            item for place, item in enumerate(items) if place < count
        ],
        edges=(([4, 5, 6], 2), ([1], 3), ([7, 8], 0)),
        sample=lambda rng: (integers(rng), integer(rng, 0, 9)),
    ),
)

SHAPES = (
    Exercise(
        slug="rotate-right",
        names=("rotate", "rotate_right", "shift_right"),
        params="items, steps",
        does="returns a list of the items of the list `items` rotated to the right by"
        " `steps` places: items that leave at the end come back at the front; `steps`"
        " may be 0 or greater than the length of the list, and the list may be empty",
        body="""
            if not items:
                return []
            steps %= len(items)
            return items[len(items) - steps:] + items[:len(items) - steps]
            """,
        broken=(
            "return items[-steps:] + items[:-steps]",
            """
                if not items:
                    return []
                steps %= len(items)
                return items[steps:] + items[:steps]
                """,
        ),
        solve=_rotate,
        edges=(([1, 2, 3, 4], 1), ([1, 2, 3], 4), ([], 2), ([5, 6, 7], 0)),
        sample=lambda rng: (integers(rng), integer(rng, 0, 20)),
        difficulty="hard",
    ),
    Exercise(
        slug="unique-in-order",
        names=("remove_duplicates", "unique", "without_repeats"),
        params="items",
        does="returns a list of the items of the list `items` without duplicates: the"
        " first of each is kept, in the original order",
        body="""
            seen = []
            for item in items:
                if item not in seen:
                    seen.append(item)
            return seen
            """,
        broken=("return sorted(set(items))", "return items[::-1]"),
        solve=lambda items: list(dict.fromkeys(items)),
        edges=(([3, 1, 3, 2, 1],), ([],), ([9, 9, 9],)),
        sample=lambda rng: (integers(rng, 0, 5),),
        difficulty="medium",
    ),
    Exercise(
        slug="flatten",
        names=("flatten", "join_lists", "concatenate"),
        params="rows",
        does="returns one list with the items of all the lists in the list `rows`, in"
        " order",
        body="return [item for row in rows for item in row]",
        broken=("return rows[0] if rows else []", "return [item for item in rows]"),
        solve=lambda rows: list(chain.from_iterable(rows)),
        edges=(([[1, 2], [3]],), ([],), ([[], [4], []],)),
        sample=lambda rng: ([integers(rng, most=4) for _ in range(rng.randint(1, 4))],),
        difficulty="medium",
    ),
    Exercise(
        slug="chunks",
        names=("chunk", "split_in_chunks", "batches"),
        params="items, size",
        does="returns the items of the list `items` as a list of lists of `size` items"
        " each, in order; the last list may be shorter",
        body="return [items[i:i + size] for i in range(0, len(items), size)]",
        broken=(
            "return [items[i:i + size] for i in range(len(items) // size)]",
            "return [items[i:i + size] for i in range(0, len(items) - size + 1, size)]",
        ),
        solve=lambda items, size: [
            list(items[start : start + size])
            for start in range(len(items))
            if start % size == 0
        ],
        edges=(([1, 2, 3, 4, 5], 2), ([], 3), ([1, 2], 5), ([1, 2, 3, 4], 2)),
        sample=lambda rng: (integers(rng), integer(rng, 1, 5)),
        difficulty="hard",
    ),
    Exercise(
        slug="transpose",
        names=("transpose", "swap_rows_and_columns", "columns"),
        params="rows",
        does="returns the transpose of the rectangular list of lists `rows`: a list of"
        " its columns, each a list; `rows` has at least one row",
        body="return [list(column) for column in zip(*rows)]",
        broken=("return [row[::-1] for row in rows]", "return rows[::-1] + [[]]"),
        solve=lambda rows: [
            [row[place] for row in rows] for place in range(len(rows[0]))
        ],
        edges=(([[1, 2], [3, 4]],), ([[1, 2, 3]],), ([[7], [8]],)),
        sample=lambda rng: ([integers(rng, least=3, most=3) for _ in range(2)],),
        difficulty="hard",
    ),
)

LIST_ORDER: tuple[Family, ...] = (
    exercise_family("list-order", "The order of a list", ORDERS, tasks=2),
    exercise_family("list-shape", "The shape of a list", SHAPES, tasks=1),
)
