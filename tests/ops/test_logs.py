from __future__ import annotations

import json
import subprocess
import sys
from uuid import UUID

import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st

from apps.core.logs import STRUCK, drop_pulse, strike_secrets, struck
from apps.core.servers.layout import REPOSITORY


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("GET /x?q=1&token=hunter2&page=2", "GET /x?q=1&token=[removed]&page=2"),
        ("Authorization: Bearer abc.def-123", "Authorization: Bearer [removed]"),
        ("postgresql://u:hunter2@h/x failed", "postgresql://u:[removed]@h/x failed"),
        ("redis://:hunter2@h:6379", "redis://:[removed]@h:6379"),
        ("the key sk-ant-api03-0123456789 is", "the key [removed] is"),
        ("{'api_key': 'hunter2', 'n': 1}", "{'api_key': '[removed]', 'n': 1}"),
        ('{"client_secret": "hunter2"}', '{"client_secret": "[removed]"}'),
        ("GET /invitations/" + 43 * "t" + "/", "GET /invitations/[removed]/"),
        ("?next=%2Finvitations%2F" + 43 * "t", "?next=%2Finvitations%2F[removed]"),
        (f"POST /invitations/{UUID(int=7)}/", f"POST /invitations/{UUID(int=7)}/"),
        ("tokens: 12 in, 30 out", "tokens: 12 in, 30 out"),
        ("a secret garden at http://h:80/x", "a secret garden at http://h:80/x"),
    ],
)
def test_secrets_are_struck_out_of_texts_and_nothing_else(text: str, kept: str) -> None:
    assert struck(text) == kept


@pytest.mark.parametrize(
    "name", ["password", "OPENAI_API_KEY", "authorization", "csrf_token", "cookie"]
)
def test_a_value_is_struck_out_by_its_name(name: str) -> None:
    event = strike_secrets(None, "info", {"event": "x", name: "hunter2"})
    assert event == {"event": "x", name: STRUCK}


def test_secrets_are_found_inside_of_containers() -> None:
    event = {"event": "x", "sent": {"headers": [("Cookie", "Bearer 1234567")]}}
    found = strike_secrets(None, "info", event)
    assert found["sent"] == {"headers": [["Cookie", "Bearer [removed]"]]}


def test_numbers_of_tokens_are_kept() -> None:
    event = {"event": "x", "output_tokens": 12, "prompt_token": 3}
    assert strike_secrets(None, "info", event) == event


@given(st.text(alphabet="abc:/@=&?\"' token", max_size=60))
def test_striking_twice_changes_nothing_more(text: str) -> None:
    assert struck(struck(text)) == struck(text)


def test_a_huge_text_is_cut() -> None:
    assert len(struck("x" * 1_000_000)) < 21_000


def test_the_pulse_is_left_out_unless_it_fails() -> None:
    with pytest.raises(structlog.DropEvent):
        drop_pulse(None, "info", {"event": "task_started", "task": "core.pulse"})
    failed = {"event": "task_failed", "task": "core.pulse"}
    assert drop_pulse(None, "error", failed) is failed


def test_a_warning_of_python_is_a_line_of_the_log() -> None:
    code = (
        "import django; django.setup(); import warnings, structlog;"
        "warnings.warn('mind the gap');"
        "structlog.get_logger('here').info('hello', password='x')"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        check=True,
    )
    warning, hello = map(json.loads, done.stderr.splitlines())
    assert "mind the gap" in warning["event"]
    assert (hello["event"], hello["logger"], hello["password"]) == (
        "hello",
        "here",
        STRUCK,
    )
