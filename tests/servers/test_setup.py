from __future__ import annotations

import json
import os
from contextlib import suppress
from io import StringIO
from typing import TYPE_CHECKING

import pytest
from django.contrib.auth import authenticate
from django.core.management import CommandError, call_command

from apps.accounts.models import User
from apps.core.servers.plan import SetupStep

if TYPE_CHECKING:
    from pytest_django.fixtures import Settings

DEMO = "demo@assay.localhost"


def say(*words: str) -> str:
    """Run the command of the demo sign-in and return what it prints."""
    out = StringIO()
    call_command("ensure_demo_user", *words, stdout=out)
    return out.getvalue()


@pytest.mark.django_db
def test_the_demo_password_is_shown_once_and_signs_in() -> None:
    first = say().split()
    password = first[first.index("password") + 1]
    assert authenticate(username=DEMO, password=password) is not None
    assert User.objects.get(email=DEMO).is_superuser
    again = say()
    assert password not in again
    assert "ensure_demo_user --reset" in again


@pytest.mark.django_db
def test_a_reset_replaces_the_demo_password() -> None:
    say()
    words = say("--reset").split()
    password = words[words.index("password") + 1]
    assert authenticate(username=DEMO, password=password) is not None
    assert User.objects.count() == 1


@pytest.mark.django_db
def test_an_installation_with_an_operator_gets_no_demo_user() -> None:
    User.objects.create_superuser("owner@example.com", "a password of their own")
    say()
    assert not User.objects.filter(email=DEMO).exists()
    with pytest.raises(CommandError, match="does not exist here"):
        say("--reset")


def events_of_setup() -> list[dict[str, object]]:
    """Run the setup as the supervisor does and return what it reports."""
    reading, writing = os.pipe()
    with suppress(CommandError):
        call_command("setup", events_to=writing, stdout=StringIO())
    with os.fdopen(reading, encoding="utf-8") as events:
        return [json.loads(line) for line in events]


@pytest.mark.django_db
def test_every_step_of_a_start_can_be_run_again(settings: Settings) -> None:
    labels = [step.label for step in settings.UP_STEPS]
    for _ in range(2):
        said = events_of_setup()
        assert [event["step"] for event in said if "step" in event] == labels
        assert said[-1] == {"done": True}


def test_a_failing_step_ends_the_setup_and_says_why(settings: Settings) -> None:
    failing = SetupStep("Fail", "ensure_demo_user", ("--no-such-option",))
    settings.UP_STEPS = [SetupStep("Do nothing", "check"), failing, failing]
    *_, last_step, last = events_of_setup()
    assert last_step == {"step": "Fail"}
    assert str(last["error"]).startswith("Fail: Error: unrecognized arguments")


def test_a_person_sees_the_steps(
    settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    settings.UP_STEPS = [SetupStep("Look round", "check", shown=True)]
    call_command("setup")
    *_, step, said = capsys.readouterr().out.splitlines()
    assert "Look round (" in step
    assert said == "System check identified no issues (0 silenced)."
