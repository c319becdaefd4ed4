"""`manage.py predictions audit`, and whoever changes the database behind its back."""

from __future__ import annotations

import json
from datetime import timedelta
from io import StringIO
from typing import TYPE_CHECKING, Any
from uuid import UUID

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import connection

from apps.core.ids import new_id
from apps.predictions.models import Experiment, Prediction, Summary
from tests.markets.make import NOW, make_market
from tests.predictions.make import make_experiment, make_prediction

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

pytestmark = pytest.mark.django_db


def audit(*words: str) -> tuple[int, str]:
    stdout = StringIO()
    try:
        call_command("predictions", "audit", *words, stdout=stdout)
    except SystemExit as ended:
        return int(str(ended.code)), stdout.getvalue()
    return 0, stdout.getvalue()


@pytest.fixture
def experiment() -> Experiment:
    """One with five predictions, an hour apart."""
    made = make_experiment()
    market = make_market()
    for hour in range(5):
        make_prediction(made, market, created_at=NOW + timedelta(hours=hour))
    return made


def tamper(change: Callable[[], object]) -> None:
    """Do what somebody with the keys of the database could do."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("ALTER TABLE predictions_prediction DISABLE TRIGGER USER")
        change()
        cursor.execute("ALTER TABLE predictions_prediction ENABLE TRIGGER USER")


def at(place: int) -> Any:
    return Prediction.objects.filter(sequence=place)


def first_break() -> tuple[str, int]:
    status, stdout = audit("--json")
    document = json.loads(stdout)
    assert (status, document["broken"]) == (1, 1)
    broken = document["experiments"][0]["break"]
    return broken["kind"], broken["sequence"]


def test_chains_that_hold_are_named_with_their_heads(experiment: Experiment) -> None:
    empty = make_experiment("empty", created_at=NOW + timedelta(days=1))
    status, stdout = audit()
    assert status == 0
    assert stdout.splitlines() == [
        f"gut-feeling: 5 predictions hold; head {experiment.head_hash}",
        f"{empty.name}: 0 predictions hold; head none",
    ]


def test_json_is_one_document(experiment: Experiment) -> None:
    make_experiment("other")
    status, stdout = audit("--experiment-id", str(experiment.pk), "--json")
    assert status == 0
    assert json.loads(stdout) == {
        "experiments": [
            {
                "experiment_id": str(experiment.pk),
                "experiment": "gut-feeling",
                "predictions": 5,
                "head_hash": experiment.head_hash,
                "break": None,
            }
        ],
        "broken": 0,
    }


@pytest.mark.usefixtures("experiment")
def test_an_edit_is_found() -> None:
    tamper(lambda: at(2).update(probability="0.99"))
    assert first_break() == ("edited", 2)


@pytest.mark.usefixtures("experiment")
def test_a_prediction_that_was_dated_back_is_found() -> None:
    tamper(lambda: at(4).update(created_at=NOW - timedelta(days=30)))
    assert first_break() == ("edited", 4)


@pytest.mark.parametrize("place", [1, 3, 5])
@pytest.mark.usefixtures("experiment")
def test_a_prediction_that_was_deleted_is_found(place: int) -> None:
    Summary.objects.filter(prediction__sequence=place).delete()
    tamper(lambda: at(place).delete())
    assert first_break() == ("missing", place)


@pytest.mark.usefixtures("experiment")
def test_predictions_that_changed_places_are_found() -> None:
    def swap() -> None:
        for old, new in ((2, 99), (3, 2), (99, 3)):
            at(old).update(sequence=new)

    tamper(swap)
    assert first_break() == ("reordered", 2)


@pytest.mark.usefixtures("experiment")
def test_a_prediction_that_was_put_at_the_end_is_found() -> None:
    row = at(5).get()
    row.pk, row.sequence = new_id(), 6
    row.save(force_insert=True)
    assert first_break() == ("head_mismatch", 6)


def test_a_deleted_end_with_a_corrected_head_is_found_by_what_was_noted(
    experiment: Experiment, tmp_path: Path
) -> None:
    noted = tmp_path / "noted.json"
    noted.write_text(audit("--json")[1])
    Summary.objects.filter(prediction__sequence=5).delete()
    tamper(lambda: at(5).delete())
    Experiment.objects.filter(pk=experiment.pk).update(
        predictions_made=4, head_hash=at(4).get().content_hash
    )
    assert audit()[0] == 0
    status, stdout = audit("--against", str(noted))
    assert status == 1
    assert "broken at 5 (missing, prediction none): 5 predictions were" in stdout


def test_a_chain_may_grow_after_it_was_noted(
    experiment: Experiment, tmp_path: Path
) -> None:
    noted = tmp_path / "noted.json"
    noted.write_text(audit("--json")[1])
    make_prediction(
        experiment, make_market("snow"), created_at=NOW + timedelta(hours=9)
    )
    assert audit("--against", str(noted))[0] == 0


def test_an_experiment_that_is_gone_is_found_by_what_was_noted(tmp_path: Path) -> None:
    make_experiment()
    noted = tmp_path / "noted.json"
    noted.write_text(audit("--json")[1])
    Experiment.objects.all().delete()
    status, stdout = audit("--against", str(noted), "--json")
    assert status == 1
    assert json.loads(stdout)["experiments"][0]["break"]["kind"] == "missing"


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--experiment-id", "seven"], "There is no experiment 'seven'."),
        (["--experiment-id", str(UUID(int=7))], "There is no experiment"),
        (["--against", "missing.json"], "missing.json: No such file"),
        (["--against", "pyproject.toml"], "pyproject.toml: no output of audit --json."),
    ],
)
def test_bad_input_is_status_2_and_one_line(words: list[str], message: str) -> None:
    with pytest.raises(CommandError) as caught:
        audit(*words)
    assert caught.value.returncode == 2
    assert message in str(caught.value)


def test_a_long_chain_is_read_in_pieces(
    experiment: Experiment, django_assert_max_num_queries: Any
) -> None:
    with django_assert_max_num_queries(8):
        assert audit("--experiment-id", str(experiment.pk))[0] == 0
