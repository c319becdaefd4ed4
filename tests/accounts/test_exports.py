from __future__ import annotations

import json
import stat
import zipfile
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from django.utils import timezone

from apps.accounts import registry
from apps.accounts.domain.exports import (
    LEASE,
    ExportFile,
    ExportState,
    digest_of,
    encode_rows,
)
from apps.accounts.models import AuditEvent, DataExport, OutgoingMail, User
from apps.accounts.pipelines.exports import build_export
from apps.accounts.services.exports import sweep_exports, take_export
from apps.accounts.tasks import sweep_old_exports
from tests.accounts.cast import make_person
from tests.accounts.test_impersonation import see_as, sign_in
from tests.people.acting import LINK

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from django.conf import LazySettings
    from django.test import Client

    from apps.accounts.registry import Subject
    from tests.accounts.cast import Cast

pytestmark = pytest.mark.django_db
PAGE = "/account/data/"
ASK = "/account/data/export/"


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, settings: LazySettings) -> Path:
    place = tmp_path / "exports"
    settings.EXPORT_FOLDER = place
    return place


def ask(client: Client) -> DataExport:
    """Ask, and leave the work to the test."""
    answer = client.post(ASK)
    assert answer.headers["Location"] == PAGE
    return DataExport.objects.latest("asked_at")


def build(export: DataExport) -> bool:
    return build_export(export_id=export.id, clock=timezone.now)


def link_of(email: str) -> str:
    mail = OutgoingMail.objects.filter(to=email).latest("created_at")
    found = LINK.search(mail.text)
    assert found
    assert "<" not in mail.text
    return found.group().partition("//testserver")[2]


def open_zip(folder: Path, export: DataExport) -> dict[str, Any]:
    with zipfile.ZipFile(folder / f"{export.id}.zip") as file:
        texts = {name: file.read(name).decode() for name in file.namelist()}
    return {
        name: [json.loads(line) for line in text.splitlines()]
        if name.endswith(".jsonl")
        else json.loads(text)
        for name, text in texts.items()
    }


def test_an_archive_holds_what_is_kept_and_says_what_each_file_is(
    cast: Cast, folder: Path
) -> None:
    export = ask(sign_in(cast.owner))
    assert build(export)
    files = open_zip(folder, export)
    (profile,) = files["you/accounts/profile.json"]
    assert profile["email"] == "owner@example.org"
    names = {row["workspace__name"] for row in files["you/accounts/memberships.json"]}
    assert names == {"owner", "Bridge builders"}
    shared = f"workspaces/{cast.workspace.id}/accounts"
    members = {row["user__email"] for row in files[f"{shared}/members.json"]}
    assert members == {f"{n}@example.org" for n in cast_names()}
    readme = files["README.json"]
    assert {row["file"] for row in readme["files"]} | {"README.json"} == set(files)
    assert all(row["about"] for row in readme["files"])
    counts = {row["file"]: row["rows"] for row in readme["files"]}
    assert counts[f"{shared}/members.json"] == 4
    assert "accounts.WebhookSecret" in readme["not_exported"]


def cast_names() -> tuple[str, ...]:
    return ("owner", "admin", "teammate", "viewer")


def test_workspaces_of_others_are_not_in_it(cast: Cast, folder: Path) -> None:
    export = ask(sign_in(cast.teammate))
    assert build(export)
    assert not any(str(cast.workspace.id) in name for name in open_zip(folder, export))


def test_the_link_in_the_mail_opens_the_archive_for_the_person_alone(
    cast: Cast, folder: Path
) -> None:
    client = sign_in(cast.owner)
    export = ask(client)
    assert build(export)
    link = link_of("owner@example.org")
    answer = client.get(link)
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "application/zip"
    assert "attachment" in answer.headers["Content-Disposition"]
    assert "no-store" in answer.headers["Cache-Control"]
    content = b"".join(answer)
    assert content == (folder / f"{export.id}.zip").read_bytes()
    assert sign_in(cast.stranger).get(link).status_code == 404
    assert see_as(cast.owner).get(link).status_code == 403
    client.logout()
    assert client.get(link).headers["Location"].startswith("/sign-in/")
    fetched = AuditEvent.objects.filter(act="person.export_fetched")
    assert [event.actor_id for event in fetched] == [cast.owner.id]


def test_only_a_hash_of_the_token_is_stored(cast: Cast) -> None:
    export = ask(sign_in(cast.owner))
    build(export)
    token = link_of("owner@example.org").strip("/").rpartition("/")[2]
    export.refresh_from_db()
    assert len(token) == 43  # 256 bits
    assert export.digest == digest_of(token)
    assert token not in str(DataExport.objects.filter(pk=export.pk).values())


def test_nobody_else_on_the_machine_can_read_the_file(cast: Cast, folder: Path) -> None:
    export = ask(sign_in(cast.owner))
    build(export)
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert stat.S_IMODE((folder / f"{export.id}.zip").stat().st_mode) == 0o600


def test_one_at_a_time_and_one_a_day(cast: Cast) -> None:
    client = sign_in(cast.owner)
    export = ask(client)
    client.post(ASK)
    assert "being prepared already" in client.get(PAGE).text
    build(export)
    client.post(ASK)
    assert "ask tomorrow" in client.get(PAGE).text
    assert DataExport.objects.count() == 1
    DataExport.objects.update(asked_at=timezone.now() - timedelta(days=1))
    client.post(ASK)
    assert DataExport.objects.count() == 2


def test_the_page_tells_each_state(cast: Cast) -> None:
    client = sign_in(cast.owner)
    assert "You have asked for none yet." in client.get(PAGE).text
    export = ask(client)
    assert "in preparation" in client.get(PAGE).text
    build(export)
    page = client.get(PAGE).text
    assert "The link is in the mail to owner@example.org." in page
    assert "Export my data" not in page
    DataExport.objects.update(expires_at=timezone.now())
    assert "the archive is deleted" in client.get(PAGE).text
    DataExport.objects.update(state=ExportState.FAILED.value)
    page = client.get(PAGE).text
    assert "could not be built" in page
    assert "Export my data" in page


def test_an_old_archive_is_deleted_and_its_link_ends(cast: Cast, folder: Path) -> None:
    client = sign_in(cast.owner)
    export = ask(client)
    build(export)
    link = link_of("owner@example.org")
    later = timezone.now() + timedelta(days=7, seconds=1)
    assert sweep_exports(now=later - timedelta(minutes=1)) == 0
    assert sweep_exports(now=later) == 1
    assert list(folder.iterdir()) == []
    export.refresh_from_db()
    assert export.state == "expired"
    assert client.get(link).status_code == 404


def test_a_killed_worker_leaves_the_export_to_the_next_one(
    cast: Cast, folder: Path
) -> None:
    export = ask(sign_in(cast.owner))
    now = timezone.now()
    dead = take_export(export_id=export.id, now=now - LEASE)
    assert dead is not None
    folder.mkdir()
    (folder / f"{export.id}.1.part").write_bytes(b"half")
    assert build(export)
    export.refresh_from_db()
    assert (export.state, export.attempts) == ("ready", 2)


def test_while_one_works_no_other_one_does(cast: Cast) -> None:
    export = ask(sign_in(cast.owner))
    assert take_export(export_id=export.id, now=timezone.now()) is not None
    assert not build(export)


def test_the_sweep_sends_a_lost_export_again(
    cast: Cast, django_capture_on_commit_callbacks: Any
) -> None:
    export = ask(sign_in(cast.owner))
    with django_capture_on_commit_callbacks(execute=True):
        sweep_old_exports()
    export.refresh_from_db()
    assert export.state == "ready"


def broken(_subject: Subject) -> Mapping[str, Iterator[object]]:
    def rows() -> Iterator[object]:
        yield {"n": 1}
        raise RuntimeError("a fault of an app")

    return {"rows.json": rows()}


def test_an_export_that_fails_three_times_is_given_up(
    cast: Cast, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(registry._exporters, "probe", broken)
    export = ask(sign_in(cast.owner))
    states = []
    for _ in range(3):
        assert not build(export)
        export.refresh_from_db()
        states.append(export.state)
    assert states == ["waiting", "waiting", "failed"]
    assert list(folder.iterdir()) == []
    assert OutgoingMail.objects.count() == 0


def test_a_worker_that_was_given_up_stops_and_finishes_nothing(
    cast: Cast, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    export = ask(sign_in(cast.owner))

    def overtaken(_subject: Subject) -> Mapping[str, ExportFile]:
        DataExport.objects.update(attempts=2)  # another worker took it over
        return {"rows.json": ExportFile("Rows.", [1])}

    monkeypatch.setitem(registry._exporters, "probe", overtaken)
    assert not build(export)
    export.refresh_from_db()
    assert export.state == "building"
    assert list(folder.iterdir()) == []


def test_many_rows_pass_one_by_one_and_hold_the_lease(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    leases: list[datetime] = []

    def many(subject: Subject) -> Mapping[str, Iterator[object]]:
        def rows() -> Iterator[object]:
            for n in range(1200 if subject.user_id else 0):
                if n % 600 == 0:
                    held = DataExport.objects.get().leased_until
                    assert held
                    leases.append(held)
                yield {"n": n}

        return {"rows.jsonl": rows()}

    monkeypatch.setitem(registry._exporters, "probe", many)
    assert build(ask(sign_in(cast.owner)))
    assert leases[1] > leases[0]


@pytest.mark.parametrize(
    ("rows", "as_lines", "text"),
    [
        ([], False, "[]\n"),
        ([1, {"a": "ä"}], False, '[\n1,\n{"a": "ä"}\n]\n'),
        ([1, {"a": "ä"}], True, '1\n{"a": "ä"}\n'),
        ([], True, ""),
    ],
)
def test_rows_are_written_as_a_list_or_as_lines(
    rows: list[object],
    as_lines: bool,  # noqa: FBT001
    text: str,
) -> None:
    assert "".join(encode_rows(rows, as_lines=as_lines)) == text


def test_what_may_be_a_secret_has_no_form() -> None:
    with pytest.raises(TypeError, match="no form for bytes"):
        "".join(encode_rows([b"sealed"], as_lines=True))


def test_a_visitor_cannot_ask(client: Client) -> None:
    make_person("ada@example.org")
    assert client.post(ASK).status_code == 302
    assert client.get(PAGE).headers["Location"] == "/sign-in/?next=/account/data/"
    assert DataExport.objects.count() == 0
    assert User.objects.count() == 1
