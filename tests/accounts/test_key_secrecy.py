"""A key is in no log line, no error page and no crash report."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
import sentry_sdk
from sentry_sdk.transport import Transport

from apps.accounts.domain.admission import Caller
from apps.accounts.domain.keys import KeyPower, make_key
from apps.accounts.models import ApiRequest
from apps.accounts.services.usage import recorder, store_calls
from apps.core import sentry
from apps.core.logs import struck
from tests.accounts.keys import READ, bearer, new_key

if TYPE_CHECKING:
    from collections.abc import Iterator

    from django.test import Client
    from pytest_django.fixtures import Settings
    from sentry_sdk.envelope import Envelope

    from tests.accounts.cast import Cast

pytestmark = pytest.mark.django_db
UNKNOWN = make_key(KeyPower.READ_ONLY, 99)
CRASH = "/api/v1/crash"


@pytest.fixture
def _crashing(settings: Settings) -> None:
    settings.ROOT_URLCONF = "tests.accounts.crash_urls"


def halves(key: str) -> tuple[str, str]:
    """Return two pieces of a key: either would tell that it leaked."""
    return key[9:24], key[20:36]


def assert_nowhere(key: str, *texts: str) -> None:
    for text in texts:
        assert not any(half in text for half in halves(key))


def send(client: Client, key: str, address: str = READ) -> list[str]:
    client.raise_request_exception = False
    sent = [
        client.get(address, headers=bearer(key)),
        client.get(address, headers={"X-API-Key": key}),
        client.get(address, headers={"Authorization": key}),
        client.get(f"{address}?api_key={key}"),
        client.get(f"{address}?x={key}&y=1", headers={"X-API-Key": f"{key} "}),
    ]
    return [answer.content.decode() + str(answer.headers) for answer in sent]


def test_no_answer_and_no_log_line_holds_a_key(
    client: Client, cast: Cast, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    for key in (new_key(cast).secret, UNKNOWN):
        answers = send(client, key)
        assert_nowhere(key, caplog.text, *answers)


@pytest.mark.usefixtures("_crashing")
def test_a_crash_tells_no_key_to_logs_and_pages(
    client: Client, cast: Cast, caplog: pytest.LogCaptureFixture
) -> None:
    key = new_key(cast).secret
    answers = send(client, key, CRASH)
    assert "server_error" in answers[0]
    assert "it broke" in caplog.text
    assert_nowhere(key, caplog.text, *answers)


@pytest.mark.usefixtures("_crashing")
def test_a_page_for_developers_tells_no_key(
    client: Client, cast: Cast, settings: Settings
) -> None:
    settings.DEBUG = True
    key = new_key(cast).secret
    client.raise_request_exception = False
    page = client.get(CRASH, headers=bearer(key) | {"Accept": "text/html"})
    assert "it broke with 2 things" in page.content.decode()
    assert_nowhere(key, page.content.decode())


class Kept(Transport):
    """Keeps what would be sent."""

    def __init__(self) -> None:
        super().__init__({})
        self.sent: list[str] = []

    def capture_envelope(self, envelope: Envelope) -> None:
        self.sent += [str(item.payload.json) for item in envelope.items]


@pytest.fixture
def reports(settings: Settings) -> Iterator[Kept]:
    kept = Kept()
    settings.SENTRY_DSN = "http://key@127.0.0.1:9/1"
    sentry.start()
    client = sentry_sdk.get_client()
    client.transport = kept
    yield kept
    sentry_sdk.get_global_scope().set_client(None)


@pytest.mark.usefixtures("_crashing")
def test_a_crash_report_tells_no_key(client: Client, cast: Cast, reports: Kept) -> None:
    key = new_key(cast).secret
    send(client, key, CRASH)
    assert any("it broke" in report for report in reports.sent)
    assert_nowhere(key, *reports.sent)


def test_what_is_recorded_of_a_call_holds_no_key(client: Client, cast: Cast) -> None:
    key = new_key(cast).secret
    send(client, key)
    store_calls(recorder._take())
    rows = json.dumps(list(ApiRequest.objects.values()), default=str)
    assert_nowhere(key, rows)


@pytest.mark.parametrize("text", ["{}", "got {}.", "x={}&y", "['{}']", "no{}"])
def test_a_key_is_struck_out_by_its_form(text: str) -> None:
    assert_nowhere(UNKNOWN, struck(text.format(UNKNOWN)))


def test_a_caller_does_not_print_its_key(cast: Cast) -> None:
    shown = repr(Caller("192.0.2.1", UNKNOWN))
    assert_nowhere(UNKNOWN, shown)
