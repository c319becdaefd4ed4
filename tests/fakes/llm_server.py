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
import sys
from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar

from tests.fakes.llm_wire import Reply, frame_anthropic, frame_openai
from tests.fakes.loopback import LoopbackServer, read_body, start_answer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from tests.fakes.loopback import Receive, Scope, Send

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
class FakeLLM(LoopbackServer):
    """Answers `script` in order, then what `respond` says, else `reply`.

    OpenAI's clients take `base_url`, Anthropic's `root_url`.
    """

    settings: ClassVar[Mapping[str, Any]] = {"ws": "none"}
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
    _script: deque[Reply] = field(default_factory=deque)

    def __post_init__(self) -> None:
        self._script = deque(self.script)

    @property
    def base_url(self) -> str:
        """The address for an OpenAI-compatible client."""
        return f"{self.root_url}/v1"

    async def _serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        content = await read_body(receive)
        body: Mapping[str, Any] = json.loads(content) if content else {}
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
        kind = {"content-type": "text/event-stream"}
        await start_answer(send, _OK, {**kind, **reply.headers})
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


async def _send_json(
    send: Send, status: int, content: object, headers: Mapping[str, str]
) -> None:
    await start_answer(send, status, headers)
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
