"""A provider on loopback that speaks as OpenAI and as Anthropic do, on command.

`async with FakeLLM(delay=0.05) as server:` (or `with`) serves `server.base_url` from a
thread of its own, so that commands which own their event loop can be tested with it.
`python -m tests.fakes.llm_server --delay 0.05` serves from a process of its own and
prints the address, for measurements.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import socket
import sys
import threading
from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Self

import uvicorn

from tests.fakes.llm_wire import Reply, frame_anthropic, frame_openai

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    Scope = dict[str, Any]
    Send = Callable[[dict[str, Any]], Any]
    Receive = Callable[[], Any]

_OK = 200


@dataclass(frozen=True, slots=True)
class Received:
    """A request as it arrived."""

    path: str
    headers: Mapping[str, str]
    body: Mapping[str, Any]


class DroppedError(Exception):
    """Makes the server cut the connection in the middle of a stream."""


@dataclass(slots=True)
class FakeLLM:
    """Answers `script` in order, then what `respond` says, else `reply`."""

    delay: float = 0.0
    reply: Reply = field(default_factory=Reply)
    script: Iterable[Reply] = ()
    respond: Callable[[Mapping[str, Any]], Reply] | None = None
    models: tuple[Mapping[str, Any], ...] = ({"id": "fake-1", "object": "model"},)
    models_status: int = _OK
    keep: bool = True  # False: requests are not kept, for measurements
    requests: list[Received] = field(default_factory=list)
    in_flight: int = 0
    peak: int = 0
    _socket: socket.socket | None = None
    _loop: asyncio.AbstractEventLoop | None = None
    _thread: threading.Thread | None = None
    _started: threading.Event = field(default_factory=threading.Event)
    _stop: asyncio.Event = field(default_factory=asyncio.Event)
    _script: deque[Reply] = field(default_factory=deque)

    def __post_init__(self) -> None:
        self._script = deque(self.script)

    @property
    def base_url(self) -> str:
        """The address for an OpenAI-compatible client."""
        return f"{self.root_url}/v1"

    @property
    def root_url(self) -> str:
        """The address for the Anthropic client."""
        assert self._socket is not None, "the server is not started"
        return f"http://127.0.0.1:{self._socket.getsockname()[1]}"

    def __enter__(self) -> Self:
        # The protocol is named so that asyncio sets TCP_NODELAY: it does not for a
        # socket of protocol 0, and each answer would wait 40 ms for an acknowledgement.
        self._socket = socket.socket(
            socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP
        )
        self._socket.bind(("127.0.0.1", 0))
        self._socket.listen(512)
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()
        self._started.wait()
        return self

    def __exit__(self, *_: object) -> None:
        assert self._loop is not None
        assert self._thread is not None
        if self._thread.is_alive():  # a test may have stopped it early
            self._loop.call_soon_threadsafe(self._stop.set)
            self._thread.join()

    async def __aenter__(self) -> Self:
        return self.__enter__()

    async def __aexit__(self, *_: object) -> None:
        await asyncio.to_thread(self.__exit__)

    def _run(self) -> None:
        asyncio.run(self._serve_until_stopped())

    async def _serve_until_stopped(self) -> None:
        """Do what `Server.serve` does, without looking for its end only at times."""
        config = uvicorn.Config(
            self._serve,
            interface="asgi3",
            log_level="critical",
            lifespan="off",
            ws="none",
        )
        config.load()
        server = uvicorn.Server(config)
        server.lifespan = config.lifespan_class(config)
        self._loop = asyncio.get_running_loop()
        assert self._socket is not None
        await server.startup(sockets=[self._socket])
        self._started.set()
        await self._stop.wait()
        server.force_exit = True
        await server.shutdown(sockets=[self._socket])

    async def _serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        body = await _read_body(receive)
        path: str = scope["path"]
        headers = {k.decode(): v.decode() for k, v in scope["headers"]}
        if self.keep:
            self.requests.append(Received(path, headers, body))
        self.in_flight += 1
        self.peak = max(self.peak, self.in_flight)
        try:
            if path.endswith("/models"):
                await self._send_listing(headers, send)
            else:
                await self._send_reply(path, body, send)
        finally:
            self.in_flight -= 1

    async def _send_listing(self, headers: Mapping[str, str], send: Send) -> None:
        listing: dict[str, Any] = {"object": "list", "data": list(self.models)}
        if "anthropic-version" in headers:
            listing |= {"has_more": False, "first_id": None, "last_id": None}
        await _send_json(send, self.models_status, listing, {})

    async def _send_reply(self, path: str, body: Mapping[str, Any], send: Send) -> None:
        reply = self._choose(body)
        await asyncio.sleep(self.delay + reply.delay)
        is_anthropic = path.endswith("/messages")
        if reply.status != _OK:
            await _send_json(send, reply.status, reply.error, reply.headers)
            return
        frame = frame_anthropic if is_anthropic else frame_openai
        frames = frame(reply, body)
        await _start(send, _OK, "text/event-stream", reply.headers)
        if not reply.is_paced:
            await send({"type": "http.response.body", "body": b"".join(frames)})
            return
        for number, piece in enumerate(frames):
            if number == reply.drop_after:
                raise DroppedError
            chunk = {"type": "http.response.body", "body": piece, "more_body": True}
            await send(chunk)
            if number == 0:
                await asyncio.sleep(reply.first_token_delay)
        await send({"type": "http.response.body", "body": b""})

    def _choose(self, body: Mapping[str, Any]) -> Reply:
        if self._script:
            return self._script.popleft()
        return self.respond(body) if self.respond else self.reply


async def _read_body(receive: Receive) -> Mapping[str, Any]:
    content, more = b"", True
    while more:
        event = await receive()
        content += event.get("body", b"")
        more = event.get("more_body", False)
    parsed: Mapping[str, Any] = json.loads(content) if content else {}
    return parsed


async def _start(
    send: Send, status: int, content_type: str, headers: Mapping[str, str]
) -> None:
    pairs = {"content-type": content_type, **headers}
    encoded = [(name.encode(), value.encode()) for name, value in pairs.items()]
    await send({"type": "http.response.start", "status": status, "headers": encoded})


async def _send_json(
    send: Send, status: int, content: object, headers: Mapping[str, str]
) -> None:
    await _start(send, status, "application/json", headers)
    await send({"type": "http.response.body", "body": json.dumps(content).encode()})


def main() -> None:
    """Serve until the end of input."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--delay", type=float, default=0.0)
    parser.add_argument("--text", default="Hello")
    options = parser.parse_args()
    reply = Reply(text=options.text)
    with FakeLLM(delay=options.delay, reply=reply, keep=False) as server:
        sys.stdout.write(f"{server.base_url}\n")
        sys.stdout.flush()
        sys.stdin.read()


if __name__ == "__main__":
    main()
