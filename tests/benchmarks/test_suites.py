from __future__ import annotations

import math
from datetime import UTC, date, datetime

import pytest
from django.db import connection

from apps.accounts.selectors.workspaces import ANONYMOUS
from apps.benchmarks.domain.codec import (
    decode_spec,
    decode_value,
    encode_spec,
    encode_value,
)
from apps.benchmarks.domain.specs import (
    CallsCheck,
    ProgramCase,
    ProgramCheck,
    Step,
    TaskKind,
    TaskSpec,
)
from apps.benchmarks.domain.text import escape_text, unescape_text
from apps.benchmarks.selectors.suites import get_suite_version, get_tasks
from apps.benchmarks.services.suites import store_suite_version
from apps.core.errors import InvalidInputError
from apps.core.partitions import ensure_months, next_month

NOW = datetime(2026, 3, 4, 12, 0, tzinfo=UTC)
SPEC = TaskSpec(
    task_id="pairs/1",
    family="pairs",
    category="code_generation",
    kind=TaskKind.PYTHON_FUNCTION,
    prompt="Write `pairs(n)`.",
    entry_point="pairs",
    check=CallsCheck(
        (Step(args=(2,), expected=[(0, 1)]), Step(args=(0,), expected=[]))
    ),
    reference="def pairs(n):\n    return [(i, i + 1) for i in range(n - 1)]\n",
    broken=("def pairs(n):\n    return []\n",),
)


@pytest.mark.parametrize(
    "value",
    [
        None,
        True,
        -(10**40),
        2.5,
        -math.inf,
        1 + 2j,
        "plain",
        "nul \x00 and \ud800 and \\u0000",
        b"\x00\xff",
        [1, (2, [3])],
        {1: "a", (2, 3): {"x"}, "k": frozenset({b"y"})},
    ],
)
def test_a_value_survives_storage_with_its_type(value: object) -> None:
    decoded = decode_value(encode_value(value))
    assert decoded == value
    assert type(decoded) is type(value)


def test_nan_survives_storage() -> None:
    assert math.isnan(decode_value(encode_value(math.nan)))  # type: ignore[arg-type]


@pytest.mark.parametrize("text", ["a\\b", "\x00", "\ud83d", "\\u!x", "\\u!\x00\\", ""])
def test_escaped_text_comes_back_and_can_be_stored(text: str) -> None:
    escaped = escape_text(text)
    assert unescape_text(escaped) == text
    assert "\x00" not in escaped
    assert escaped.encode().decode() == escaped


def test_a_specification_survives_storage() -> None:
    program = TaskSpec(
        task_id="p/1",
        family="p",
        category="debugging",
        kind=TaskKind.PYTHON_PROGRAM,
        prompt="",
        entry_point="",
        check=ProgramCheck((ProgramCase("1\n", "2\n"),)),
        reference="",
        broken=("",),
        metadata={"weights": (1, 2)},
    )
    for spec in (SPEC, program):
        assert decode_spec(encode_spec(spec)) == spec


@pytest.mark.django_db
def test_the_same_tasks_are_stored_once() -> None:
    store = {"slug": "s", "title": "S", "specs": (SPEC,), "now": NOW}
    first, made = store_suite_version(**store)  # type: ignore[arg-type]
    again, made_again = store_suite_version(**store)  # type: ignore[arg-type]
    assert (made, made_again, first) == (True, False, again)
    version = get_suite_version(ANONYMOUS, "s")
    assert (version.number, version.tasks) == (1, 1)
    assert get_tasks(version.id)[0].spec == SPEC


@pytest.mark.django_db
def test_two_tasks_of_one_name_are_refused() -> None:
    with pytest.raises(InvalidInputError, match="pairs/1"):
        store_suite_version(slug="s", title="S", specs=(SPEC, SPEC), now=NOW)


@pytest.mark.django_db
def test_results_have_a_partition_for_each_month_asked_for() -> None:
    months = [date(2031, 12, 1), next_month(date(2031, 12, 1))]
    ensure_months("benchmarks_result", months)
    ensure_months("benchmarks_result", months)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT relid::text FROM pg_partition_tree('benchmarks_result') "
            "WHERE isleaf AND relid::text LIKE '%2031%' OR relid::text LIKE '%2032%'"
        )
        names = {row[0] for row in cursor.fetchall()}
    assert names == {"benchmarks_result_2031_12", "benchmarks_result_2032_01"}
