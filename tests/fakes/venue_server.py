"""The venues on loopback, with the forms of their answers and faults on command.

`with FakeVenues() as venues:` serves from a thread of its own:

- `venues.url("gamma")`, `"clob"`, `"data"`, `"manifold"` and `"kalshi"` are addresses
  for the gateways, `venues.stream_url` that of the market WebSocket;
- `venues.polymarket.add(1, bid="0.40", ask="0.42")`, `.add_many(20_000)`,
  `.change(condition_id, closed=True, prices=("1", "0"))`;
- `venues.break_("gamma", Fault.TRUNCATED, times=1)`; `venues.heal()`;
- `venues.requests` has what was asked, `venues.count("clob/books")` how often.

`python -m tests.fakes.venue_server --markets 20000` serves from a process of its own
and prints the address, for measurements; `control(address, "break", …)` reaches it.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
import urllib.request
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any, ClassVar
from urllib.parse import parse_qsl

from tests.fakes.loopback import LoopbackServer, read_body, start_answer
from tests.fakes.venue_others import FakeKalshi, FakeManifold
from tests.fakes.venue_polymarket import FakePolymarket
from tests.fakes.venue_stream import FakeStream

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from tests.fakes.loopback import Receive, Scope, Send

    Params = Sequence[tuple[str, str]]

_OK = 200


class Fault(StrEnum):
    """How a service can fail."""

    STATUS = "status"  # with `status` and `headers`
    TRUNCATED = "truncated"  # the JSON ends in its middle
    CUT = "cut"  # the connection does
    WRONG_TYPES = "wrong_types"  # JSON of another form
    HTML = "html"
    REDIRECT = "redirect"  # to itself, for ever
    SILENCE = "silence"  # until it is healed


@dataclass(slots=True)
class Broken:
    """A fault of every path that begins with `path`, `times` times or until healed."""

    path: str
    fault: Fault
    times: int | None = None
    status: int = 500
    headers: Mapping[str, str] = field(default_factory=dict)
    over: asyncio.Event = field(default_factory=asyncio.Event)


@dataclass(frozen=True, slots=True)
class Asked:
    """A request as it arrived; `path` is without the first slash."""

    path: str
    params: Params
    body: Any

    def all(self, name: str) -> list[str]:
        return [value for key, value in self.params if key == name]


@dataclass(slots=True)
class FakeVenues(LoopbackServer):
    """Every venue at one address.

    `age` is what a cache says of Gamma's answers, `headers` are put over all others,
    and `respond` has a test's own answers to whole paths.
    """

    settings: ClassVar[Mapping[str, Any]] = {
        "ws": "websockets-sansio",
        "h11_max_incomplete_event_size": 64 * 1024,
    }
    delay: float = 0.0
    age: int | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    respond: dict[str, Callable[[Params], tuple[int, bytes]]] = field(
        default_factory=dict
    )
    keep: bool = True  # False: requests are not kept, for measurements
    polymarket: FakePolymarket = field(default_factory=FakePolymarket)
    manifold: FakeManifold = field(default_factory=FakeManifold)
    kalshi: FakeKalshi = field(default_factory=FakeKalshi)
    stream: FakeStream = field(default_factory=FakeStream)
    requests: list[Asked] = field(default_factory=list)
    broken: list[Broken] = field(default_factory=list)

    @property
    def stream_url(self) -> str:
        return f"{self.root_url.replace('http', 'ws')}/ws/market"

    def url(self, service: str) -> str:
        return f"{self.root_url}/{service}"

    def addresses(self) -> dict[str, str]:
        """Return the services by name, as `Venue.addresses` keeps them."""
        named = {name: self.url(name) for name in ("gamma", "clob", "data")}
        return {**named, "stream": self.stream_url}

    def count(self, path: str) -> int:
        return sum(one.path.startswith(path) for one in self.requests)

    def break_(
        self, path: str, fault: Fault, times: int | None = None, **how: Any
    ) -> None:
        """Have a service fail: a path such as "gamma" or "clob/books"."""
        self.broken.append(Broken(path, fault, times, **how))

    def heal(self) -> None:
        assert self._loop is not None, "the server is not started"
        for broken in self.broken:
            self._loop.call_soon_threadsafe(broken.over.set)
        self.broken.clear()

    def __exit__(self, *_: object) -> None:
        assert self._loop is not None
        self.heal()
        if self.stream.loop is not None:  # somebody has listened
            self._loop.call_soon_threadsafe(self.stream.drop)
        LoopbackServer.__exit__(self)

    async def _serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            self.stream.loop = asyncio.get_running_loop()
            await self.stream.serve(receive, send, self.polymarket)
            return
        asked = await _read(scope, receive)
        if asked.path == "control":
            self._obey(asked.body)
            await _answer(send, _OK, b"{}")
            return
        if self.keep:
            self.requests.append(asked)
        await asyncio.sleep(self.delay)
        broken = self._find_fault(asked.path)
        if broken is None or broken.fault in {Fault.TRUNCATED, Fault.CUT}:
            status, body = self._tell(asked)
            age = self.age if asked.path.startswith("gamma") else None
            headers = {**({} if age is None else {"age": str(age)}), **self.headers}
            await self._deliver(send, status, body, headers, broken)
        else:
            await self._fail(send, broken)

    def _find_fault(self, path: str) -> Broken | None:
        for broken in self.broken:
            if path.startswith(broken.path) and broken.times != 0:
                if broken.times is not None:
                    broken.times -= 1
                return broken
        return None

    async def _deliver(
        self,
        send: Send,
        status: int,
        body: bytes,
        headers: Mapping[str, str],
        broken: Broken | None,
    ) -> None:
        if broken is None:
            await _answer(send, status, body, headers)
            return
        half = body[: len(body) // 2]
        if broken.fault is Fault.TRUNCATED:
            await _answer(send, status, half, headers)
            return
        await start_answer(send, status, {"content-length": str(len(body))})
        await send({"type": "http.response.body", "body": half, "more_body": True})
        raise ConnectionResetError

    async def _fail(self, send: Send, broken: Broken) -> None:
        if broken.fault is Fault.SILENCE:
            await broken.over.wait()
            await _answer(send, 503, b"{}")
        elif broken.fault is Fault.STATUS:
            said = json.dumps({"error": "try again"}).encode()
            await _answer(send, broken.status, said, broken.headers)
        elif broken.fault is Fault.REDIRECT:
            await _answer(send, 302, b"", {"location": f"/{broken.path}"})
        elif broken.fault is Fault.HTML:
            page = b"<!doctype html><title>Just a moment</title>"
            await _answer(send, _OK, page, {"content-type": "text/html; charset=utf-8"})
        else:
            await _answer(send, _OK, b'{"markets": 7, "data": "none", "events": {}}')

    def _tell(self, asked: Asked) -> tuple[int, bytes]:
        if asked.path in self.respond:
            return self.respond[asked.path](asked.params)
        service, _, path = asked.path.partition("/")
        params = dict(asked.params)
        if service == "gamma" and path == "markets/keyset":
            return self.polymarket.page(asked.params)
        if service == "clob" and path == "books":
            return _OK, self.polymarket.books(asked.body)
        tellers: dict[str, Callable[[], object]] = {
            "gamma/public-search": lambda: self.polymarket.search(
                params["q"], int(params["page"]), int(params["limit_per_type"])
            ),
            "clob/midpoints": lambda: self.polymarket.midpoints(asked.body),
            "data/v2/resolutions": lambda: self.polymarket.resolutions(
                params["condition"].split(",")
            ),
            "manifold/search-markets": lambda: self.manifold.search(params),
            "kalshi/events": lambda: self.kalshi.events(params),
            "kalshi/markets": lambda: self.kalshi.find(params, historical=False),
            "kalshi/historical/markets": lambda: self.kalshi.find(
                params, historical=True
            ),
        }
        teller = tellers.get(asked.path)
        told = teller() if teller else self._tell_one(service, path)
        return (404, b'{"error":"not found"}') if told is None else (_OK, _dump(told))

    def _tell_one(self, service: str, path: str) -> object:
        kind, _, name = path.partition("/")
        if (service, kind) == ("clob", "markets"):
            market = self.polymarket.markets.get(name)
            return market.clob() if market and market.in_clob else None
        if (service, kind) == ("manifold", "market"):
            return self.manifold.questions.get(name)
        if (service, kind) == ("kalshi", "series"):
            return self.kalshi.find_series(name)
        return None

    def _obey(self, told: Mapping[str, Any]) -> None:
        """Do what another process asks for."""
        if told["do"] == "break":
            self.break_(told["path"], Fault(told["fault"]), **told.get("how", {}))
        elif told["do"] == "heal":
            self.heal()
        elif told["do"] == "move":
            self.polymarket.move_all(told["seed"])
        elif told["do"] == "change":
            self.polymarket.change(told["condition_id"], **told["fields"])


def control(root_url: str, do: str, **told: Any) -> None:
    """Reach a server in another process: "break", "heal", "move" or "change"."""
    body = json.dumps({"do": do, **told}).encode()
    urllib.request.urlopen(f"{root_url}/control", body, timeout=30).close()


def _dump(told: object) -> bytes:
    return json.dumps(told).encode()


async def _read(scope: Scope, receive: Receive) -> Asked:
    content = await read_body(receive)
    params = parse_qsl(scope["query_string"].decode(), keep_blank_values=True)
    body = json.loads(content) if content else None
    return Asked(scope["path"].lstrip("/"), params, body)


async def _answer(
    send: Send, status: int, body: bytes, headers: Mapping[str, str] | None = None
) -> None:
    await start_answer(
        send, status, {"content-length": str(len(body)), **(headers or {})}
    )
    await send({"type": "http.response.body", "body": body})


def main() -> None:
    """Serve until the end of input."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--markets", type=int, default=20_000)
    parser.add_argument("--delay", type=float, default=0.0)
    options = parser.parse_args()
    with FakeVenues(delay=options.delay, keep=False) as venues:
        venues.polymarket.add_many(options.markets)
        sys.stdout.write(f"{venues.root_url}\n")
        sys.stdout.flush()
        sys.stdin.read()


if __name__ == "__main__":
    main()
