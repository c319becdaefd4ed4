"""What is asked for twice is done once, whoever dies in between."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from django.db import connection

from apps.accounts.domain.idempotency import (
    KEPT_FOR,
    IdempotencyBusyError,
    IdempotencyMismatchError,
    fingerprint,
    read_key,
)
from apps.accounts.models import KeptAnswer, Workspace
from apps.accounts.services.idempotency import (
    Answer,
    answer_once,
    forget_kept_answers,
)
from apps.core.errors import ConflictError, InvalidInputError
from tests.accounts.cast import NOW

if TYPE_CHECKING:
    from collections.abc import Callable
    from uuid import UUID

KEY = "8e03978e-40d5-43dd-bc93-6894a57f9324"


def make() -> Answer:
    """Do something that can be counted."""
    made = Workspace.objects.create(name="Made once")
    return Answer(202, f'{{"id": "{made.id}"}}', {"Location": "/x"})


def ask(
    workspace_id: UUID,
    *,
    body: bytes = b"{}",
    key: str = KEY,
    later: timedelta = timedelta(),
    act: Callable[[], Answer] = make,
) -> Answer:
    return answer_once(
        workspace_id=workspace_id,
        key=key,
        fingerprint=fingerprint("POST", "/x", body),
        now=NOW + later,
        act=act,
    )


def made() -> int:
    return Workspace.objects.filter(name="Made once").count()


@pytest.fixture
def workspace_id(db: None) -> UUID:
    return Workspace.objects.create(name="Bridge builders").id


def test_an_answer_without_fields_of_its_own_is_kept(workspace_id: UUID) -> None:
    first, second = (
        ask(workspace_id, act=lambda: Answer(201, '{"made": 7}')) for _ in range(2)
    )
    assert (first.is_replayed, second.is_replayed) == (False, True)
    assert (second.body, second.headers) == ('{"made": 7}', {})


def test_the_second_time_brings_the_first_answer(workspace_id: UUID) -> None:
    first, second = ask(workspace_id), ask(workspace_id)
    assert (first.is_replayed, second.is_replayed) == (False, True)
    assert (second.status, second.body, second.headers) == (
        first.status,
        first.body,
        first.headers,
    )
    assert made() == 1


def test_another_request_under_the_same_key_is_refused(workspace_id: UUID) -> None:
    ask(workspace_id)
    with pytest.raises(IdempotencyMismatchError, match="another request") as caught:
        ask(workspace_id, body=b'{"a": 1}')
    assert (caught.value.status, caught.value.code) == (422, "idempotency_mismatch")
    assert made() == 1


def test_keys_of_workspaces_are_apart(workspace_id: UUID) -> None:
    other = Workspace.objects.create(name="Others").id
    answers = [ask(one) for one in (workspace_id, other)]
    assert [one.is_replayed for one in answers] == [False, False]


def test_a_day_later_the_key_is_new(workspace_id: UUID) -> None:
    ask(workspace_id)
    almost = ask(workspace_id, later=KEPT_FOR - timedelta(seconds=1))
    after = ask(workspace_id, later=KEPT_FOR, body=b"[]")
    assert (almost.is_replayed, after.is_replayed, made()) == (True, False, 2)
    assert forget_kept_answers(now=NOW + 2 * KEPT_FOR) == 1
    assert not KeptAnswer.objects.exists()


def test_a_refusal_does_nothing_and_is_not_kept(workspace_id: UUID) -> None:
    def refuse() -> Answer:
        make()
        raise ConflictError("not now")

    with pytest.raises(ConflictError, match="not now"):
        ask(workspace_id, act=refuse)
    assert made() == 0
    assert ask(workspace_id).is_replayed is False


@pytest.mark.django_db(transaction=True)
def test_of_many_at_once_one_acts_and_the_others_are_told() -> None:
    workspace_id = Workspace.objects.create(name="Bridge builders").id
    inside, done = threading.Event(), threading.Event()
    answers: list[Answer] = []

    def slowly() -> Answer:
        inside.set()
        assert done.wait(10)
        return make()

    def first() -> None:
        answers.append(ask(workspace_id, act=slowly))
        connection.close()

    thread = threading.Thread(target=first)
    thread.start()
    assert inside.wait(10)
    with pytest.raises(IdempotencyBusyError) as caught:
        ask(workspace_id)
    assert (caught.value.status, caught.value.retryable) == (409, True)
    done.set()
    thread.join()
    assert ask(workspace_id).body == answers[0].body
    assert made() == 1


@pytest.mark.django_db(transaction=True)
def test_a_process_that_is_killed_leaves_the_key_free() -> None:
    workspace_id = Workspace.objects.create(name="Bridge builders").id
    name = connection.settings_dict["NAME"]
    child = subprocess.Popen(
        [sys.executable, "-m", "tests.accounts.ask_and_hang", str(workspace_id), name],
        stdout=subprocess.PIPE,
        env=os.environ,
        text=True,
    )
    assert child.stdout is not None
    assert child.stdout.readline() == "made\n"
    with pytest.raises(IdempotencyBusyError):
        ask(workspace_id)
    os.kill(child.pid, signal.SIGKILL)
    child.wait()
    child.stdout.close()
    await_free(workspace_id)
    assert made() == 1


def await_free(workspace_id: UUID) -> None:
    """Ask until the database has noticed that its client is gone."""
    for _ in range(100):
        try:
            assert ask(workspace_id).is_replayed is False
        except IdempotencyBusyError:
            threading.Event().wait(0.05)
        else:
            return
    pytest.fail("the key was never free")


@pytest.mark.parametrize(
    ("header", "key"), [(KEY, KEY), (f'"{KEY}"', KEY), (' "a" ', "a"), ('"', '"')]
)
def test_a_key_stands_in_quotes_or_not(header: str, key: str) -> None:
    assert read_key(header) == key


@pytest.mark.parametrize("header", ["", '""', "a b", "ä", "x" * 256, "a\x00"])
def test_what_is_no_key_is_refused(header: str) -> None:
    with pytest.raises(InvalidInputError, match="Idempotency-Key: "):
        read_key(header)


def test_the_layout_of_json_makes_no_other_request() -> None:
    one = fingerprint("POST", "/x", b'{"a": 1, "b": [2]}')
    assert one == fingerprint("POST", "/x", b'{"b":[2],"a":1}')
    others = [
        fingerprint("POST", "/y", b'{"a": 1, "b": [2]}'),
        fingerprint("PUT", "/x", b'{"a": 1, "b": [2]}'),
        fingerprint("POST", "/x", b'{"a": 1, "b": [3]}'),
        fingerprint("POST", "/x", b"no json"),
    ]
    assert len({one, *others}) == 5
