"""Callbacks: signed, retried, refused, and survived."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from standardwebhooks import WebhookVerificationError

from apps.accounts.domain.audit import SYSTEM
from apps.accounts.models import Delivery
from apps.accounts.pipelines.deliveries import deliver
from apps.accounts.selectors.webhooks import read_secrets
from apps.accounts.services.deliveries import (
    LEASE,
    claim_delivery,
    forget_deliveries,
    queue_delivery,
    send_again,
    sweep_deliveries,
)
from apps.accounts.services.webhooks import ensure_secret, rotate_secret
from apps.core.errors import ConflictError, NotFoundError
from tests.fakes.callback_server import CallbackServer

if TYPE_CHECKING:
    from collections.abc import Iterator
    from uuid import UUID

    from time_machine import TimeMachineFixture

    from apps.accounts.services.deliveries import Attempt
    from tests.accounts.cast import Cast

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _now(time_machine: TimeMachineFixture) -> None:
    """Set the clock that the receiver's library compares with."""
    time_machine.move_to(NOW)


@pytest.fixture
def receiver() -> Iterator[CallbackServer]:
    with CallbackServer() as server:
        yield server


def queue(cast: Cast, url: str, reference: str = "run:1", **data: object) -> UUID:
    ensure_secret(workspace_id=cast.workspace.id, actor=SYSTEM, now=NOW)
    queue_delivery(
        workspace_id=cast.workspace.id,
        kind="run.ended",
        reference=reference,
        url=url,
        data=data,
        now=NOW,
    )
    return Delivery.objects.get(reference=reference).id


def send(
    delivery_id: UUID, server: CallbackServer, *, later: float = 0, **limits: Any
) -> Attempt | None:
    now = NOW + timedelta(seconds=later)
    return deliver(
        delivery_id, clock=lambda: now, open_client=server.open_client, **limits
    )


def secret_of(cast: Cast) -> str:
    return read_secrets(cast.workspace.id, NOW)[0].secret


def test_a_callback_is_signed_and_taken(cast: Cast, receiver: CallbackServer) -> None:
    delivery_id = queue(cast, receiver.url, status="completed")
    send(delivery_id, receiver)
    (call,) = receiver.calls
    assert call.path == "/runs?of=mine"
    told = call.verify(secret_of(cast))
    assert (told["type"], told["data"]) == ("run.ended", {"status": "completed"})
    assert call.headers["webhook-id"] == f"msg_{delivery_id}"
    stored = Delivery.objects.get()
    assert (stored.status, stored.attempts, stored.last_status) == ("delivered", 1, 204)
    assert (stored.next_at, stored.ended_at) == (None, NOW)


def test_a_body_that_was_changed_does_not_pass(
    cast: Cast, receiver: CallbackServer
) -> None:
    send(queue(cast, receiver.url), receiver)
    secret, (call,) = secret_of(cast), receiver.calls
    forged = call.body.replace("run.ended", "run.other")
    with pytest.raises(WebhookVerificationError):
        type(call)(call.path, call.headers, forged).verify(secret)


def test_two_secrets_sign_while_one_takes_the_others_place(
    cast: Cast, receiver: CallbackServer
) -> None:
    delivery_id = queue(cast, receiver.url)
    old = secret_of(cast)
    rotate_secret(workspace_id=cast.workspace.id, actor=SYSTEM, now=NOW)
    new = secret_of(cast)
    send(delivery_id, receiver)
    (call,) = receiver.calls
    assert call.verify(old) == call.verify(new)
    assert len(call.headers["webhook-signature"].split(" ")) == 2


def test_two_secrets_at_most_are_valid_and_the_old_one_for_a_day(cast: Cast) -> None:
    seen = []
    for _ in range(3):
        rotate_secret(workspace_id=cast.workspace.id, actor=SYSTEM, now=NOW)
        seen.append(secret_of(cast))
    assert len(set(seen)) == 3
    valid = [one.secret for one in read_secrets(cast.workspace.id, NOW)]
    assert valid == [seen[2], seen[1]]
    day = NOW + timedelta(hours=24)
    assert [one.secret for one in read_secrets(cast.workspace.id, day)] == [seen[2]]


@pytest.mark.parametrize("status", [400, 404, 429, 500, 503])
def test_a_refusal_is_tried_again_later(
    cast: Cast, receiver: CallbackServer, status: int
) -> None:
    receiver.status, receiver.reply = status, b"come \x00back " + b"x" * 5000
    send(queue(cast, receiver.url), receiver)
    stored = Delivery.objects.get()
    assert (stored.status, stored.last_status) == ("pending", status)
    assert stored.next_at == NOW + timedelta(seconds=30)
    assert stored.last_error == f"answered {status}"
    assert stored.last_reply.startswith("come  back xxx")
    assert len(stored.last_reply) == 1000


def test_it_is_given_up_after_ten_attempts_that_come_ever_later(
    cast: Cast, receiver: CallbackServer
) -> None:
    receiver.status = 500
    delivery_id, later, pauses = queue(cast, receiver.url), 0.0, []
    while (due := Delivery.objects.get().next_at) is not None:
        pauses.append((due - NOW).total_seconds() - later)
        later = (due - NOW).total_seconds()
        receiver.resolved.clear()
        send(delivery_id, receiver, later=later)
    assert pauses == [0, 30, 120, 480, 1920, 7680, *[21600] * 4]
    assert (Delivery.objects.get().status, len(receiver.calls)) == ("failed", 10)
    assert len({call.headers["webhook-id"] for call in receiver.calls}) == 1


def test_a_receiver_that_is_gone_is_asked_no_more(
    cast: Cast, receiver: CallbackServer
) -> None:
    receiver.status = 410
    send(queue(cast, receiver.url), receiver)
    assert Delivery.objects.get().status == "failed"


def test_a_receiver_that_hangs_is_left(cast: Cast, receiver: CallbackServer) -> None:
    receiver.delay = 3
    send(queue(cast, receiver.url), receiver, patience=0.2)
    stored = Delivery.objects.get()
    assert (stored.status, stored.last_error) == ("pending", "no answer in time")


def test_a_redirect_is_not_followed(cast: Cast, receiver: CallbackServer) -> None:
    receiver.status = 302
    receiver.headers = {"Location": "http://169.254.169.254/latest/meta-data/"}
    send(queue(cast, receiver.url), receiver)
    assert receiver.resolved == ["hooks.example"]
    assert (
        Delivery.objects.get().last_error == "answered 302; redirects are not followed"
    )


def test_a_name_that_leads_to_a_neighbour_by_now_is_refused_for_good(
    cast: Cast, receiver: CallbackServer
) -> None:
    delivery_id = queue(cast, receiver.url)
    receiver.resolved.append("it was public when the run was started")
    send(delivery_id, receiver)
    stored = Delivery.objects.get()
    assert (stored.status, receiver.calls) == ("failed", [])
    assert stored.last_error == "hooks.example is not a public address"


def test_the_service_itself_calls_no_loopback(
    cast: Cast, receiver: CallbackServer
) -> None:
    url = receiver.url.replace("hooks.example", "127.0.0.1")
    deliver(queue(cast, url), clock=lambda: NOW)
    stored = Delivery.objects.get()
    assert (stored.status, receiver.calls) == ("failed", [])
    assert stored.last_error == "127.0.0.1 is not a public address"


def test_what_happened_once_is_told_once(cast: Cast, receiver: CallbackServer) -> None:
    first = queue(cast, receiver.url)
    assert queue(cast, receiver.url) == first
    assert send(first, receiver) is not None
    assert send(first, receiver) is None
    assert len(receiver.calls) == 1


def test_a_worker_that_died_is_followed_by_another(
    cast: Cast, receiver: CallbackServer
) -> None:
    delivery_id = queue(cast, receiver.url)
    assert claim_delivery(delivery_id=delivery_id, now=NOW) is not None
    assert (send(delivery_id, receiver), sweep_deliveries(now=NOW)) == (None, 0)
    after = LEASE.total_seconds() + 1
    assert sweep_deliveries(now=NOW + timedelta(seconds=after)) == 1
    assert send(delivery_id, receiver, later=after) is not None
    assert Delivery.objects.get().attempts == 2


def test_a_workspace_has_two_under_way_at_most(cast: Cast) -> None:
    ids = [queue(cast, "https://hooks.example/", f"run:{n}") for n in range(3)]
    claims = [claim_delivery(delivery_id=one, now=NOW) for one in ids]
    assert [claim is not None for claim in claims] == [True, True, False]


def test_one_that_is_over_is_sent_again_under_its_id(
    cast: Cast, receiver: CallbackServer
) -> None:
    delivery_id = queue(cast, receiver.url)
    mine = {"workspace_id": cast.workspace.id, "delivery_id": delivery_id}
    with pytest.raises(ConflictError, match="still being tried"):
        send_again(**mine, now=NOW)
    send(delivery_id, receiver)
    send_again(**mine, now=NOW)
    receiver.resolved.clear()
    send(delivery_id, receiver)
    assert [call.headers["webhook-id"] for call in receiver.calls] == [
        f"msg_{delivery_id}"
    ] * 2
    elsewhere = cast.stranger.personal_workspace.id
    with pytest.raises(NotFoundError):
        send_again(workspace_id=elsewhere, delivery_id=delivery_id, now=NOW)


def test_nothing_goes_out_that_cannot_be_signed(
    cast: Cast, receiver: CallbackServer, settings: Any
) -> None:
    delivery_id = queue(cast, receiver.url)
    settings.ENCRYPTION_KEYS = ["A" * 43 + "="]
    send(delivery_id, receiver)
    assert receiver.calls == []
    assert Delivery.objects.get().last_error.startswith("cannot be signed")


def test_what_ended_is_forgotten_after_a_month(
    cast: Cast, receiver: CallbackServer
) -> None:
    send(queue(cast, receiver.url), receiver)
    queue(cast, receiver.url, "run:2")
    assert forget_deliveries(now=NOW + timedelta(days=31)) == 1
    assert Delivery.objects.get().reference == "run:2"
