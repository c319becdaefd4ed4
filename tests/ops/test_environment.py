"""What the environment says, and what is answered when it says nonsense."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from django.core.exceptions import ImproperlyConfigured

from apps.core.servers.layout import REPOSITORY
from config import env
from config.settings.paths import celery_url, redis_url

if TYPE_CHECKING:
    from pathlib import Path

PRODUCTION = {
    "ALLOWED_HOSTS": "assay.example",
    "ASSAY_HTTPS": "1",
    "ASSAY_MAIL_KEY": "a key of the mail provider",
    "ASSAY_MAIL_PROVIDER": "postmark",
    "DATABASE_URL": "postgresql://assay:pw@db.example/assay",
    "REDIS_URL": "rediss://:pw@redis.example:6380",
    "SECRET_KEY": "a key of more than fifty letters, as production has to have one",
}
NAME = "ASSAY_OF_THIS_TEST"


@pytest.fixture(autouse=True)
def _keep_declarations(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave no variable of these tests among those that the reference lists."""
    monkeypatch.setattr(env, "_declared", dict(env._declared))


def manage(folder: Path, *arguments: str, **variables: str) -> tuple[int, str, str]:
    """Run a command in an environment that has nothing but these variables."""
    done = subprocess.run(
        [sys.executable, "manage.py", *arguments],
        env={"PATH": os.environ["PATH"], "ASSAY_VAR": str(folder)} | variables,
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout, done.stderr


def test_the_production_configuration_is_clean(tmp_path: Path) -> None:
    status, out, errors = manage(tmp_path, "check", "--deploy", **PRODUCTION)
    assert (status, errors) == (0, "")
    assert out == "System check identified no issues (0 silenced).\n"


ASKING = """
from django.test import Client
for way in ({"X-Forwarded-Proto": "https"}, {"X-Forwarded-Proto": "http"}, {}):
    answer = Client().get("/about/?a=1", headers={"Host": "assay.example", **way})
    told = answer.headers.get
    said = told("Location"), told("Strict-Transport-Security")
    print(answer.status_code, *said, sep=" | ")
"""


def test_production_is_spoken_to_by_https_alone_and_says_so_for_a_year(
    tmp_path: Path,
) -> None:
    status, out, _ = manage(
        tmp_path, "shell", "--no-imports", "--command", ASKING, **PRODUCTION
    )
    asked = [line for line in out.splitlines() if " | " in line]
    to_https = "301 | https://assay.example/about/?a=1 | None"
    assert (status, asked) == (
        0,
        [
            "200 | None | max-age=31536000; includeSubDomains; preload",
            to_https,
            to_https,
        ],
    )


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"ASSAY_MAIL_PROVIDER": "postmark"}, "ASSAY_MAIL_KEY is empty"),
        ({"ASSAY_MAIL_PROVIDER": "smtp"}, "ASSAY_SMTP_URL is empty"),
        ({"ASSAY_MAIL_PROVIDER": "pigeon"}, "write one of folder, smtp"),
        ({"GITHUB_CLIENT_ID": "abc"}, "GITHUB_CLIENT_SECRET one is empty"),
        ({"GOOGLE_CLIENT_SECRET": "abc"}, "GOOGLE_CLIENT_SECRET one is empty"),
    ],
)
def test_half_of_a_setting_stops_the_start(
    tmp_path: Path, given: dict[str, str], said: str
) -> None:
    status, _, errors = manage(tmp_path, "check", **given)
    assert status == 2
    assert said in errors


def test_production_without_mail_is_warned(tmp_path: Path) -> None:
    without = PRODUCTION | {"ASSAY_MAIL_PROVIDER": "folder"}
    _, _, errors = manage(tmp_path, "check", "--deploy", **without)
    assert "(assay.W004) DATABASE_URL is set and mail leaves for a folder." in errors


def test_production_without_a_key_of_its_own_is_refused(tmp_path: Path) -> None:
    without = {name: text for name, text in PRODUCTION.items() if name != "SECRET_KEY"}
    status, _, errors = manage(tmp_path, "check", "--deploy", **without)
    assert status == 1
    assert "(assay.E001) DATABASE_URL is set and SECRET_KEY is not." in errors
    assert "HINT: " in errors


@pytest.mark.parametrize(
    ("variable", "text", "line"),
    [
        ("ASSAY_DEBUG", "maybe", "ASSAY_DEBUG is 'maybe'; write 1 or 0."),
        (
            "DATABASE_URL",
            "mysql://root:hunter2@db/x",
            "DATABASE_URL starts with 'mysql'; write postgresql://, postgres://.",
        ),
        (
            "REDIS_URL",
            "redis://h:70000",
            "REDIS_URL is no address: Port out of range 0-65535.",
        ),
    ],
)
def test_a_bad_value_ends_the_start_in_one_line(
    tmp_path: Path, variable: str, text: str, line: str
) -> None:
    variables = PRODUCTION | {variable: text}
    status, out, errors = manage(tmp_path, "check", **variables)
    assert (status, out, errors) == (2, "", f"manage.py: {line}\n")


def test_a_key_is_made_once_for_an_installation(tmp_path: Path) -> None:
    show = ("shell", "-v0", "-c", "from django.conf import settings as s;")
    code = f"{show[-1]} print(s.SECRET_KEY, s.SECRET_KEY_IS_GENERATED)"
    nowhere = {"DATABASE_URL": "postgresql://x/x", "REDIS_URL": "redis://x"}
    first = manage(tmp_path, *show[:-1], code, **nowhere)[1]
    assert manage(tmp_path, *show[:-1], code, **nowhere)[1] == first
    key, is_generated = first.split()
    assert (len(key) > 50, is_generated) == (True, "True")
    assert (tmp_path / "secret_key").stat().st_mode & 0o077 == 0


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1", True),
        ("Yes", True),
        ("on", True),
        ("0", False),
        ("", False),
        ("no", False),
    ],
)
def test_yes_and_no_are_read(
    monkeypatch: pytest.MonkeyPatch,
    text: str,
    value: bool,  # noqa: FBT001
) -> None:
    monkeypatch.setenv(NAME, text)
    assert env.read_bool(NAME, default=not value) is value


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("x", f"^{NAME} is 'x'; write a whole number.$"),
        ("1.5", f"^{NAME} is '1.5'; write a whole number.$"),
        ("4", f"^{NAME} is 4; the least is 5.$"),
    ],
)
def test_a_number_is_whole_and_large_enough(
    monkeypatch: pytest.MonkeyPatch, text: str, message: str
) -> None:
    monkeypatch.setenv(NAME, text)
    with pytest.raises(ImproperlyConfigured, match=message):
        env.read_int(NAME, 7, minimum=5)


def test_a_choice_is_taken_whatever_its_case(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(NAME, "warning")
    assert env.read_choice(NAME, ("INFO", "WARNING"), "INFO") == "WARNING"
    monkeypatch.setenv(NAME, "loud")
    with pytest.raises(ImproperlyConfigured, match="write one of INFO, WARNING"):
        env.read_choice(NAME, ("INFO", "WARNING"), "INFO")


def test_a_list_has_no_empty_entries(monkeypatch: pytest.MonkeyPatch) -> None:
    assert env.read_list(NAME, ("a", "b")) == ["a", "b"]
    monkeypatch.setenv(NAME, " x, ,y,")
    assert env.read_list(NAME) == ["x", "y"]


@pytest.mark.parametrize(
    ("address", "cache", "broker"),
    [
        ("redis://h:6379", "redis://h:6379/1", "redis://h:6379/4"),
        ("redis://:p%40w@h/7", "redis://:p%40w@h/1", "redis://:p%40w@h/4"),
        (
            "rediss://h?ssl_ca_certs=ca.pem",
            "rediss://h/1?ssl_ca_certs=ca.pem",
            "rediss://h/4?ssl_ca_certs=ca.pem&ssl_cert_reqs=required",
        ),
        (
            "unix:///run/v.sock?db=7",
            "unix:///run/v.sock?db=1",
            "redis+socket:///run/v.sock?virtual_host=4",
        ),
    ],
)
def test_each_user_of_redis_has_a_database_of_its_own(
    address: str, cache: str, broker: str
) -> None:
    assert redis_url(1, address) == cache
    assert celery_url(4, address) == broker
