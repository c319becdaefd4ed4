"""A small Stripe on loopback: stateful, strict, and broken on demand.

`with FakeStripe() as stripe:` serves `stripe.url` from threads of its own. The real
SDK reaches it by `base_addresses={"api": stripe.url}`. What happens inside is told by
`stripe.deliver(address)`, signed, when a test wants it. `python -m tests.fakes.stripe`
serves it by hand, with pages for Checkout, the portal and invoices.
"""

from __future__ import annotations

import json
import threading
import time
from collections import deque
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Self

from tests.fakes.stripe import calls, forms, refusals, selling, subscribing
from tests.fakes.stripe.books import Books
from tests.fakes.stripe.expanding import expand
from tests.fakes.stripe.shapes import DAY
from tests.fakes.stripe.webhooks import Delivery, post_signed
from tests.fakes.stripe.wire import Handler, StripeHTTPServer

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tests.fakes.stripe.shapes import Object
    from tests.fakes.stripe.wire import Asked

KEY = "sk_test_of_the_fake"
SECRET = "whsec_of_the_fake"  # noqa: S105


@dataclass
class Fault:
    """What goes wrong with the next call of an address.

    `status` is answered instead of the call; 0 cuts the connection. `after` lets the
    call happen first, and only its answer is lost.
    """

    call: str
    status: int = 500
    after: bool = False


@dataclass
class FakeStripe:
    """One account of Stripe."""

    key: str = KEY
    secret: str = SECRET
    port: int = 0
    per_second: int = 1000
    books: Books = field(default_factory=Books)
    faults: deque[Fault] = field(default_factory=deque)
    asked: list[Asked] = field(default_factory=list)
    told: int = 0  # how many events have been delivered
    _answers: dict[str, tuple[str, int, Object]] = field(default_factory=dict)
    _running: set[str] = field(default_factory=set)
    _recent: deque[float] = field(default_factory=deque)
    _lock: threading.RLock = field(default_factory=threading.RLock)
    _server: StripeHTTPServer | None = None

    def __enter__(self) -> Self:
        self._server = StripeHTTPServer(("127.0.0.1", self.port), Handler)
        self._server.stripe = self
        self.books.url = self.url
        serve = self._server.serve_forever
        threading.Thread(target=serve, args=(0.01,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()

    @property
    def url(self) -> str:
        assert self._server is not None, "the server is not started"
        return f"http://127.0.0.1:{self._server.server_port}"

    # What a test, or a person on Stripe's pages, does.

    def complete(
        self, session_id: str, *, card: str = "good", code: str = ""
    ) -> Object:
        """Pay on the page of Checkout, and return the subscription."""
        with self._lock:
            session = self.books.get("checkout.session", session_id)
            done = selling.complete(self.books, session, card=card, code=code)
            return self.books.get("subscription", done["subscription"])

    def advance(self, *, days: float) -> None:
        """Let days pass for everybody, with all that falls due in them."""
        with self._lock:
            seconds = int(days * DAY)
            subscribing.advance(self.books, self.books.now() + seconds)
            self.books.ahead += seconds

    def forget_keys(self) -> None:
        """Forget idempotency keys, as happens after a day."""
        with self._lock:
            self._answers.clear()

    def do(self, method: str, path: str, **params: Any) -> Object:
        """Do what a call would, without the wire: for what Stripe's own staff do."""
        with self._lock:
            call, name = calls.find(method, f"/v1/{path}")
            return call.do(self.books, name, params)

    def undelivered(self) -> list[Object]:
        """Return the events that nobody has been told of, in their order."""
        return self.books.events[self.told :]

    def deliver(self, url: str, events: Iterable[Object] | None = None) -> list[int]:
        """Send events, or all that were not sent yet; return the answers' statuses."""
        chosen = self.undelivered() if events is None else list(events)
        if events is None:
            self.told = len(self.books.events)
        return [
            post_signed(Delivery(url, self.secret, event, int(time.time())))
            for event in chosen
        ]

    # What a program asks.

    def answer(self, asked: Asked, body: str) -> tuple[int, Object, dict[str, str]]:
        """Return the answer to a call: a status, a document and headers."""
        headers = {"Request-Id": f"req_{len(self.asked):06}"}
        key = asked.headers.get("idempotency-key", "")
        try:
            self._admit(asked)
            fault = self._find_fault(asked)
            if fault and not fault.after:
                return self._break(fault, headers)
            print_of = f"{asked.method} {asked.path} {body}"
            with self._once(key):
                status, document = self._do_once(asked, key, print_of, headers)
            if fault:
                return self._break(fault, headers)
        except refusals.Refusal as refusal:
            return refusal.status, {"error": refusal.error}, headers
        return status, document, headers

    def _admit(self, asked: Asked) -> None:
        given = asked.headers.get("authorization", "").removeprefix("Bearer ")
        if given != self.key:
            raise refusals.wrong_key(given)
        with self._lock:
            now = time.monotonic()
            while self._recent and self._recent[0] < now - 1:
                self._recent.popleft()
            if len(self._recent) >= self.per_second:
                raise refusals.too_many()
            self._recent.append(now)
            self.asked.append(asked)

    def _find_fault(self, asked: Asked) -> Fault | None:
        named = f"{asked.method} {asked.path}"
        with self._lock:
            if self.faults and named.startswith(self.faults[0].call):
                return self.faults.popleft()
        return None

    def _break(
        self, fault: Fault, headers: dict[str, str]
    ) -> tuple[int, Object, dict[str, str]]:
        if fault.status == HTTPStatus.TOO_MANY_REQUESTS:
            raise refusals.too_many()
        error = {"type": "api_error", "message": "Something went wrong on our end."}
        return fault.status, {"error": error}, headers

    def _once(self, key: str) -> _Turn:
        return _Turn(self._lock, self._running, key)

    def _do_once(
        self, asked: Asked, key: str, print_of: str, headers: dict[str, str]
    ) -> tuple[int, Object]:
        """Do a call, or give the answer that its key has already had."""
        if key in self._answers:
            earlier, status, document = self._answers[key]
            if earlier != print_of:
                raise refusals.other_parameters(key)
            headers["Idempotent-Replayed"] = "true"
            return status, document
        call, name = calls.find(asked.method, asked.path)
        given = forms.read(asked.params, call.form)
        with self._lock:
            self.books.idempotency_key = key or None
            status, document = HTTPStatus.OK.value, call.do(self.books, name, given)
            document = expand(self.books, _shown(document), asked.params)
            if key and asked.method == "POST":
                self._answers[key] = (print_of, status, document)
        return status, document


class _Turn:
    """Refuses a second call with the key of one that has not ended."""

    def __init__(self, lock: threading.RLock, running: set[str], key: str) -> None:
        self._lock, self._running, self._key = lock, running, key

    def __enter__(self) -> None:
        with self._lock:
            if self._key and self._key in self._running:
                raise refusals.in_progress(self._key)
            self._running.add(self._key)

    def __exit__(self, *_: object) -> None:
        with self._lock:
            self._running.discard(self._key)


def _shown(document: Object) -> Object:
    """Return a copy without what only the fake keeps."""
    text = json.dumps(document)
    shown: Object = json.loads(text)
    return {key: value for key, value in shown.items() if not key.startswith("_")}
