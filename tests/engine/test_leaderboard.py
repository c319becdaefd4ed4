from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.accounts.models import Workspace
from apps.accounts.selectors.workspaces import ANONYMOUS
from apps.benchmarks.domain.specs import Verdict
from apps.benchmarks.models import Result
from apps.benchmarks.selectors.leaderboard import SORTS, Leaderboard, get_leaderboard
from apps.benchmarks.selectors.shards import get_shard_plan
from apps.benchmarks.services.rollups import rebuild_rollups
from apps.benchmarks.services.suites import store_suite_version
from apps.catalog.models import Model
from apps.core.domain.comparison import compare_models
from apps.core.domain.score_table import Score, tabulate
from apps.core.errors import InvalidInputError, NotFoundError
from tests.engine.cast import (
    NOW,
    claim,
    make_model,
    make_result,
    make_run,
    make_specs,
    make_suite,
    store,
)

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

pytestmark = pytest.mark.django_db
NOWHERE = "http://127.0.0.1:9/v1"
DAY = timedelta(days=1)
PASS, FAIL, LOST = Verdict.PASS, Verdict.FAIL, Verdict.UNSCORED


def _score(version: UUID, verdicts: dict[UUID, str], at: datetime = NOW) -> UUID:
    """Store a run in which models did as `verdicts` says: p, f or u by task."""
    run_id = make_run(version, *verdicts, now=at)
    for model, marks in verdicts.items():
        lease = claim(run_id, model)
        known = {"p": PASS, "f": FAIL, "u": LOST}
        todo = get_shard_plan(lease.shard_id).todo
        store(
            lease,
            *(
                make_result(one, known[mark], created_at=at)
                for one, mark in zip(todo, marks, strict=True)
            ),
        )
    return run_id


def _read(**options: object) -> Leaderboard:
    return get_leaderboard(ANONYMOUS, "numbers", now=NOW, **options)  # type: ignore[arg-type]


def test_a_leaderboard_without_results_is_empty() -> None:
    make_suite(3)
    board = _read()
    assert (board.rows, board.pairs, board.as_of) == ((), (), None)
    assert board.version.tasks == 3


def test_a_leaderboard_shows_what_the_shared_statistics_say() -> None:
    version = make_suite(12)
    good, bad = (make_model(NOWHERE, name) for name in ("good", "bad"))
    marks = {good: "pppppppppppf", bad: "ffffffffppff"}
    _score(version, marks)
    board = _read()
    scores = [
        Score(name, str(task), float(mark == "p"))
        for name, text in (("fake/good", marks[good]), ("fake/bad", marks[bad]))
        for task, mark in enumerate(text)
    ]
    comparison = compare_models(tabulate(scores, unit_scale=True))
    for row, standing in zip(board.rows, comparison.models, strict=True):
        shown = (row.model, row.mean, row.n, row.ci_low, row.ci_high)
        assert shown == (
            standing.model,
            standing.mean,
            standing.n,
            standing.ci_low,
            standing.ci_high,
        )
        assert (row.rank_low, row.rank_high) == (standing.rank_low, standing.rank_high)
    assert board.pairs == comparison.pairs
    assert [row.rank_low for row in board.rows] == [1, 2]


def test_repeats_of_a_task_are_averaged_and_counted_apart() -> None:
    version = make_suite(2)
    model = make_model(NOWHERE)
    _score(version, {model: "pp"})
    _score(version, {model: "fp"})
    (row,) = _read().rows
    assert (row.mean, row.n, row.samples) == (0.75, 2, 4)


def test_unscored_samples_are_counted_and_never_averaged_in() -> None:
    version = make_suite(4)
    model, lost = make_model(NOWHERE), make_model(NOWHERE, "lost")
    _score(version, {model: "ppuu", lost: "uuuu"})
    board = _read()
    shown = [(r.model, r.mean, r.n, r.samples, r.unscored) for r in board.rows]
    assert shown == [("fake/m", 1.0, 2, 2, 2), ("fake/lost", None, 0, 0, 4)]
    assert board.rows[1].rank_low is None
    assert (board.samples, board.unscored) == (2, 6)


def test_cost_tokens_and_latency_stand_beside_the_score() -> None:
    version = make_suite(4)
    run_id = _score(version, {make_model(NOWHERE): "pppp"})
    (row,) = _read().rows
    assert row.cost_per_task == Decimal("0.00000001")
    assert (row.input_tokens, row.output_tokens) == (40, 20)
    assert row.latency_p50_ms == pytest.approx(100, rel=0.05)
    assert row.latency_p95_ms == pytest.approx(100, rel=0.05)
    assert (row.last_run_id, row.last_result_at) == (run_id, NOW)


def test_a_period_leaves_out_what_is_older() -> None:
    version = make_suite(2)
    model = make_model(NOWHERE)
    _score(version, {model: "pp"})
    _score(version, {model: "ff"}, NOW - 5 * DAY)
    _score(version, {model: "ff"}, NOW - 50 * DAY)
    means = {p: _read(period=p).rows[0].mean for p in ("1d", "7d", "30d", "90d")}
    assert means == {"1d": 1.0, "7d": 0.5, "30d": 0.5, "90d": 1 / 3}


def test_a_new_result_shows_at_once() -> None:
    version = make_suite(2)
    model = make_model(NOWHERE)
    _score(version, {model: "pf"})
    assert _read().rows[0].mean == 0.5
    assert _read().rows[0].mean == 0.5
    _score(version, {model: "pp"})
    assert _read().rows[0].mean == 0.75


def test_only_the_days_that_changed_are_read_anew() -> None:
    version = make_suite(2)
    moved, still = make_model(NOWHERE, "moved"), make_model(NOWHERE, "still")
    _score(version, {moved: "pf", still: "pf"})
    _score(version, {moved: "ff"}, NOW - DAY)
    _read()
    _score(version, {moved: "pp"})
    with CaptureQueriesContext(connection) as queries:
        board = _read()
    assert {row.model: row.mean for row in board.rows} == {
        "fake/moved": 0.5,
        "fake/still": 0.5,
    }
    (read,) = [one["sql"] for one in queries if "benchmarks_taskday" in one["sql"]]
    assert moved.hex in read
    assert still.hex not in read
    assert str((NOW - DAY).date()) not in read


def test_rollups_that_were_rebuilt_show_at_once() -> None:
    version = make_suite(2)
    run_id = _score(version, {make_model(NOWHERE): "pf"})
    assert _read().rows[0].mean == 0.5
    Result.objects.filter(run=run_id).update(verdict="pass", score=1.0)
    rebuild_rollups(suite_version_id=version)
    assert _read().rows[0].mean == 1.0


def test_a_renamed_model_shows_its_new_name_at_once() -> None:
    version = make_suite(2)
    model, other = make_model(NOWHERE), make_model(NOWHERE, "other")
    _score(version, {model: "pf", other: "ff"})
    assert _read().rows[0].model == "fake/m"
    Model.objects.filter(pk=model).update(name="new", display_name="New")
    board = _read()
    assert (board.rows[0].model, board.rows[0].display_name) == ("fake/new", "New")
    assert {board.pairs[0].a, board.pairs[0].b} == {"fake/new", "fake/other"}


def test_runs_of_a_workspace_stay_off_the_public_leaderboard() -> None:
    version = make_suite(1)
    workspace = Workspace.objects.create(name="W")
    run_id = make_run(version, make_model(NOWHERE), workspace_id=workspace.id)
    lease = claim(run_id)
    store(lease, *map(make_result, get_shard_plan(lease.shard_id).todo))
    assert _read().rows == ()


def test_a_private_suite_has_no_leaderboard_for_strangers() -> None:
    workspace = Workspace.objects.create(name="W")
    make_suite(1, slug="own", workspace_id=workspace.id, is_public=False)
    with pytest.raises(NotFoundError):
        get_leaderboard(ANONYMOUS, "own", now=NOW)


def test_a_fresh_version_takes_over_with_its_first_result() -> None:
    old = make_suite(2)
    model = make_model(NOWHERE)
    _score(old, {model: "pp"})
    new, _ = store_suite_version(
        slug="numbers", title="N", specs=make_specs(3), now=NOW
    )
    assert _read().version.number == 1
    _score(new, {model: "ppp"})
    assert _read().version.number == 2
    assert _read(version=1).version.number == 1
    with pytest.raises(NotFoundError, match="v3"):
        _read(version=3)


def _score_in_two_ways(version: UUID) -> None:
    """Of a, b and c, a did best, dearest and last; c is unknown in all but its name."""
    told: dict[str, dict[str, Any]] = {
        "a": {"cost": Decimal(2), "working_ms": 900.0, "output_tokens": 9},
        "b": {"cost": Decimal(1), "working_ms": 10.0, "output_tokens": 1},
        "c": {"cost": None, "working_ms": None, "output_tokens": None},
    }
    marks = {"a": (PASS, PASS), "b": (PASS, FAIL), "c": (LOST, LOST)}
    told["c"]["input_tokens"] = None
    for hours, (name, known) in enumerate(told.items()):
        lease = claim(make_run(version, make_model(NOWHERE, name), now=NOW - DAY))
        samples = zip(get_shard_plan(lease.shard_id).todo, marks[name], strict=True)
        known["created_at"] = NOW - hours * timedelta(hours=1)
        store(lease, *(make_result(one, mark, **known) for one, mark in samples))


@pytest.mark.parametrize("sort", SORTS)
def test_every_order_holds_both_ways_with_what_is_unknown_last(sort: str) -> None:
    _score_in_two_ways(make_suite(2))
    forth = "".join(row.display_name for row in _read(sort=sort).rows)
    back = "".join(row.display_name for row in _read(sort=f"-{sort}").rows)
    expected = {
        "rank": ("ABC", "BAC"),
        "score": ("ABC", "BAC"),
        "model": ("ABC", "CBA"),
        "n": ("ABC", "CAB"),
        "unscored": ("CAB", "ABC"),
        "cost": ("BAC", "ABC"),
        "p50": ("BAC", "ABC"),
        "p95": ("BAC", "ABC"),
        "tokens": ("BAC", "ABC"),
        "last": ("ABC", "CBA"),
    }
    assert (forth, back) == expected[sort]


def test_an_order_or_a_period_that_is_none_is_refused() -> None:
    make_suite(1)
    with pytest.raises(InvalidInputError, match="no order 'x'"):
        _read(sort="x")
    with pytest.raises(InvalidInputError, match="no period 'x'"):
        _read(period="x")


def test_tasks_of_a_family_count_as_one_draw_where_there_are_enough_families() -> None:
    version, _ = store_suite_version(
        slug="numbers", title="N", specs=make_specs(24, families=12), now=NOW
    )
    model = make_model(NOWHERE)
    _score(version, {model: "pf" * 12})
    board = _read()
    assert board.clustered
    assert board.rows[0].n == 24


@pytest.mark.parametrize(("families", "clustered"), [(4, False), (5, True)])
def test_five_families_are_enough_to_take_each_as_one_draw(
    families: int,
    clustered: bool,  # noqa: FBT001
) -> None:
    version, _ = store_suite_version(
        slug="numbers", title="N", specs=make_specs(20, families=families), now=NOW
    )
    _score(version, {make_model(NOWHERE): "pf" * 10})
    assert _read().clustered is clustered


def test_no_least_difference_is_told_where_half_the_models_have_none() -> None:
    version, _ = store_suite_version(
        slug="numbers", title="N", specs=make_specs(20, families=5), now=NOW
    )
    first, twin, other = (make_model(NOWHERE, name) for name in "abc")
    _score(version, {first: "p" * 20, other: "f" + "p" * 13 + "f" * 6})
    assert _read().least_detectable_difference is not None
    _score(version, {twin: "p" * 20})
    board = _read()
    own = {row.model: row.least_detectable_difference for row in board.rows}
    assert (own["fake/a"], own["fake/b"]) == (None, None)
    assert own["fake/c"] is not None
    assert board.least_detectable_difference is None
