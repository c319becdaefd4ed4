from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from apps.benchmarks.domain.codec import decode_spec, encode_spec
from apps.benchmarks.domain.families import STARTER, draw_starter, draw_suite
from apps.benchmarks.domain.families.base import Family
from apps.benchmarks.domain.families.subjects import SUBJECTS
from apps.benchmarks.domain.specs import CallsCheck, TaskKind, TaskSpec, Verdict
from apps.benchmarks.gateways.sandbox import UnavailableSandbox, detect_sandbox
from apps.benchmarks.pipelines.grading import grade_code_sync
from apps.benchmarks.pipelines.verifying import Submission, grade_all

if TYPE_CHECKING:
    from collections.abc import Callable

    from apps.benchmarks.domain.families.defects import Defect, Subject

PLANTED = [
    pytest.param(subject, defect, id=f"{subject.name}-{defect.kind}-{place}")
    for subject in SUBJECTS
    for place, defect in enumerate(subject.defects)
]


def passes_here(spec: TaskSpec, code: str) -> bool:
    """Run our own text in this process, which is quick enough for many seeds."""
    assert isinstance(spec.check, CallsCheck)
    entry = loaded(code, spec.entry_point)
    instance: object = None
    for step in spec.check.steps:
        method = step.target.removeprefix(".")
        called = getattr(instance, method) if method else entry
        try:
            value = called(*step.args, **step.kwargs)
        except Exception as error:  # noqa: BLE001 - whatever a broken answer raises
            if type(error).__name__ != step.raises:
                return False
            continue
        instance = instance if method else value
        if step.compare and not agrees(value, step.expected):
            return False
    return True


def loaded(code: str, name: str) -> Callable[..., object]:
    names: dict[str, Callable[..., object]] = {}
    exec(code, names)  # noqa: S102 - text of our own
    return names[name]


def agrees(value: object, expected: object) -> bool:
    if isinstance(expected, float):
        return value == pytest.approx(expected)
    return type(value) is type(expected) and value == expected


def test_one_seed_always_draws_the_same_tasks() -> None:
    assert draw_starter(7) == draw_starter(7)


def test_another_seed_draws_other_tasks_of_the_same_number() -> None:
    ours, others = draw_starter(7), draw_starter(8)
    assert [spec.task_id for spec in ours] == [spec.task_id for spec in others]
    assert ours != others


def test_the_suite_spans_categories_kinds_and_difficulties() -> None:
    specs = draw_starter(1)
    assert len(specs) >= 24
    assert len({spec.family for spec in specs}) == len(STARTER) >= 12
    assert {s.category for s in specs} == {
        "code_generation",
        "debugging",
        "code_review",
    }
    assert {spec.kind for spec in specs} == set(TaskKind)
    assert {spec.difficulty for spec in specs} == {"easy", "medium", "hard"}


@pytest.mark.parametrize("seed", range(5))
def test_no_exercise_of_a_family_is_drawn_twice(seed: int) -> None:
    drawn = [(spec.family, spec.metadata["exercise"]) for spec in draw_starter(seed)]
    assert len(set(drawn)) == len(drawn)


def test_adding_a_family_leaves_the_tasks_of_the_others() -> None:
    assert draw_suite(STARTER[1:], 3) == draw_suite(STARTER, 3)[STARTER[0].tasks :]


def test_a_family_with_too_few_exercises_is_refused() -> None:
    spec = draw_starter(1)[0]
    family = Family("narrow", "Narrow", "code_generation", 2, lambda _rng: spec)
    with pytest.raises(ValueError, match="narrow has too few exercises"):
        draw_suite([family], 1)


@pytest.mark.parametrize("seed", range(20))
def test_references_pass_and_broken_answers_fail_under_any_seed(seed: int) -> None:
    specs = [s for s in draw_starter(seed) if s.kind is TaskKind.PYTHON_FUNCTION]
    failed = [s.task_id for s in specs if not passes_here(s, s.reference)]
    passed = [s.task_id for s in specs for code in s.broken if passes_here(s, code)]
    assert (failed, passed) == ([], [])


@pytest.mark.parametrize("seed", range(20))
def test_planted_truth_passes_and_every_other_listed_answer_fails(seed: int) -> None:
    nowhere = UnavailableSandbox("structured answers need none")
    for spec in draw_starter(seed):
        if spec.kind is not TaskKind.STRUCTURED:
            continue
        verdicts = [
            grade_code_sync(spec, code, sandbox=nowhere).verdict
            for code in (spec.reference, *spec.broken)
        ]
        assert verdicts == [Verdict.PASS, *[Verdict.FAIL] * len(spec.broken)]


async def test_the_jail_passes_references_and_fails_broken_answers() -> None:
    submissions = [
        Submission(f"{spec.task_id}-{place}", spec, code, verdict)
        for spec in draw_starter(2026)
        for place, code in enumerate((spec.reference, *spec.broken))
        for verdict in (Verdict.FAIL if place else Verdict.PASS,)
    ]
    graded = await grade_all(submissions, detect_sandbox(), lambda _done, _all: None)
    wrong = [item for item in graded if not item.is_as_expected]
    assert not wrong


@pytest.mark.parametrize(("subject", "defect"), PLANTED)
def test_a_defect_changes_one_line_and_shows(subject: Subject, defect: Defect) -> None:
    wrong = subject.source_with(defect)
    pairs = zip(subject.source.splitlines(), wrong.splitlines(), strict=True)
    changed = [line for line, (old, new) in enumerate(pairs, start=1) if old != new]
    assert changed == [subject.line_of(defect)]
    shown = outcome(loaded(wrong, subject.name), defect.shown_by)
    assert shown != subject.solve(*defect.shown_by)


def outcome(function: Callable[..., object], args: tuple[object, ...]) -> object:
    try:
        return function(*args)
    except (TypeError, ValueError, IndexError) as error:
        return error


def test_a_review_names_the_line_that_it_shows() -> None:
    for seed in range(20):
        for spec in draw_starter(seed):
            if spec.family != "find-line":
                continue
            line = json.loads(spec.reference)["line"]
            assert f"\n{line}: " in spec.prompt
            assert f"\n{len(spec.broken) + 2}: " not in spec.prompt


def test_a_task_survives_being_stored() -> None:
    for spec in draw_starter(5):
        assert decode_spec(json.loads(json.dumps(encode_spec(spec)))) == spec


def test_every_function_task_shows_the_name_that_it_asks_for() -> None:
    for spec in draw_starter(4):
        assert spec.entry_point in spec.prompt
        assert spec.prompt.strip() == spec.prompt
