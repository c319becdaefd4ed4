"""A server on loopback, in a thread of its own with an event loop of its own."""

from __future__ import annotations

import asyncio
import socket
import threading
from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar, Self

import uvicorn

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    Scope = dict[str, Any]
    Send = Callable[[dict[str, Any]], Any]
    Receive = Callable[[], Any]


@dataclass(slots=True, kw_only=True)
class LoopbackServer(ABC):
    """Serves while it is entered, with `with` or `async with`.

    The thread lets commands that own their event loop be tested with it.
    """

    # Of uvicorn's, what differs from one fake to another.
    settings: ClassVar[Mapping[str, Any]] = {}
    _socket: socket.socket | None = None
    _loop: asyncio.AbstractEventLoop | None = None
    _thread: threading.Thread | None = None
    _started: threading.Event = field(default_factory=threading.Event)
    _stop: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def root_url(self) -> str:
        """The address of all that is served."""
        assert self._socket is not None, "the server is not started"
        return f"http://127.0.0.1:{self._socket.getsockname()[1]}"

    @abstractmethod
    async def _serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, as ASGI has it."""

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
            **self.settings,
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


async def read_body(receive: Receive) -> bytes:
    """Return the body of a request, whole."""
    content, more = b"", True
    while more:
        event = await receive()
        content += event.get("body", b"")
        more = event.get("more_body", False)
    return content


async def start_answer(send: Send, status: int, headers: Mapping[str, str]) -> None:
    """Send an answer's status and headers; JSON follows, unless they say otherwise."""
    pairs = {"content-type": "application/json", **headers}
    encoded = [(name.encode(), value.encode()) for name, value in pairs.items()]
    await send({"type": "http.response.start", "status": status, "headers": encoded})
