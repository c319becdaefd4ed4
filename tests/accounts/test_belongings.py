from __future__ import annotations

import json
import zipfile
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from django.apps import apps
from django.db.models import ForeignKey
from django.utils import timezone

from apps.accounts import registry
from apps.accounts.models import AuditEvent, Subscription, User, Workspace
from apps.accounts.pipelines.exports import build_export
from apps.accounts.pipelines.people_erasure import erase_due_people
from apps.accounts.registry import Subject
from tests.accounts.belongings import IP, MAKERS, own_everything
from tests.accounts.cast import make_person

if TYPE_CHECKING:
    from pathlib import Path
    from typing import Any
    from uuid import UUID

    from django.conf import LazySettings
    from django.db.models import Model

    from tests.accounts.cast import Cast

pytestmark = pytest.mark.django_db
ADDRESS = "ada@example.org"


def references() -> list[tuple[type[Model], ForeignKey[Any, Any]]]:
    """Every foreign key to a person or a workspace, of every app installed."""
    return [
        (model, field)
        for model in apps.get_models(include_auto_created=True)
        for field in model._meta.get_fields()
        if isinstance(field, ForeignKey) and field.related_model in {User, Workspace}
    ]


def belonging() -> set[str]:
    return {model._meta.label for model, _ in references()}


def exported_models() -> set[str]:
    here = Workspace.objects.first()
    person = User.objects.first()
    assert here
    assert person
    return {
        model
        for export in registry.exporters().values()
        for subject in (Subject(user_id=person.pk), Subject(workspace_id=here.pk))
        for file in export(subject).values()
        for model in getattr(file, "models", ())
    }


def test_every_model_that_belongs_to_somebody_is_exported_or_kept_back(
    cast: Cast,
) -> None:
    exported, kept = exported_models(), set(registry.kept_back())
    assert belonging() - exported - kept == set()
    assert exported & kept == set()
    assert kept <= belonging()


def test_every_model_that_belongs_to_somebody_is_tried(cast: Cast) -> None:
    assert belonging() == set(MAKERS)


def test_an_export_has_a_row_of_everything_and_no_secret(
    cast: Cast, tmp_path: Path, settings: LazySettings
) -> None:
    settings.EXPORT_FOLDER = tmp_path
    person = make_person(ADDRESS)
    own_everything(person)
    (export,) = person.exports.all()
    assert build_export(export_id=export.pk, clock=timezone.now)
    with zipfile.ZipFile(tmp_path / f"{export.pk}.zip") as archive:
        readme = json.loads(archive.read("README.json"))
        text = "".join(archive.read(name).decode() for name in archive.namelist())
    assert not {"e" * 64, "d" * 64, "sealed", person.password} & set(text.split('"'))
    empty = {row["file"] for row in readme["files"] if row["rows"] == 0}
    assert {place.rpartition("/")[2] for place in empty} == {"results.jsonl"}
    assert set(readme["not_exported"]) == set(registry.kept_back())


def left_of(ids: dict[type[Model], UUID]) -> list[str]:
    return [
        f"{model._meta.label}.{field.name}"
        for model, field in references()
        if field.related_model in ids
        and model._base_manager.filter(
            **{field.name: ids[field.related_model]}
        ).exists()
    ]


def test_nothing_is_left_of_who_is_erased_but_acts_without_names(cast: Cast) -> None:
    person = make_person(ADDRESS)
    workspace = own_everything(person)
    ids = {User: person.pk, Workspace: workspace.pk}
    assert len(left_of(ids)) == len(references())
    Subscription.objects.all().delete()  # no biller to end it at
    User.objects.filter(pk=person.pk).update(deletion_due_at=timezone.now())
    later = timezone.now() + timedelta(seconds=1)
    assert erase_due_people(clock=lambda: later) == 1
    kept = {"accounts.AuditEvent.workspace", "accounts.AuditEvent.person"}
    assert set(left_of(ids)) == kept | {"accounts.AuditEvent.actor"}
    event = AuditEvent.objects.get(act="person.signed_in")
    assert (event.actor_label, event.ip, event.subject) == ("", None, "")
    assert event.details == {}


def test_no_column_of_any_table_names_who_is_erased(cast: Cast) -> None:
    person = make_person(ADDRESS)
    own_everything(person)
    Subscription.objects.all().delete()
    User.objects.filter(pk=person.pk).update(deletion_due_at=timezone.now())
    later = timezone.now() + timedelta(seconds=1)
    assert erase_due_people(clock=lambda: later) == 1
    named = [
        model._meta.label
        for model in apps.get_models(include_auto_created=True)
        for row in model._base_manager.values()
        if ADDRESS in str(row) or IP in str(row)
    ]
    assert named == ["accounts.OutgoingMail"]  # that the account is gone


def test_a_run_of_a_shared_workspace_stays_without_the_name(cast: Cast) -> None:
    person = make_person(ADDRESS)
    workspace = own_everything(person)
    run = apps.get_model("benchmarks", "Run")._default_manager.get()
    other = cast.workspace
    type(run)._default_manager.filter(pk=run.pk).update(workspace=other)
    suites = apps.get_model("benchmarks", "Suite")._default_manager
    suites.filter(workspace=workspace).update(workspace=other)
    Subscription.objects.all().delete()
    User.objects.filter(pk=person.pk).update(deletion_due_at=timezone.now())
    later = timezone.now() + timedelta(seconds=1)
    assert erase_due_people(clock=lambda: later) == 1
    run.refresh_from_db()
    assert (run.workspace_id, run.created_by_id) == (other.pk, None)
