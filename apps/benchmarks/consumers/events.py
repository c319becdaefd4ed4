"""A run's progress as Server-Sent Events, as plain ASGI.

Django would keep a thread, and with it a database connection, for as long as a
response streams. Here a waiting client costs what the hub's watcher costs.
"""

from __future__ import annotations

import asyncio
from functools import partial
from typing import TYPE_CHECKING

from channels.db import database_sync_to_async

from apps.accounts.consumers.connections import (
    PAUSE_SECONDS,
    SLOW_SECONDS,
    Looks,
    Message,
    Receive,
    Scope,
    Send,
    run_while_connected,
)
from apps.accounts.domain.tiers import Entitlement
from apps.accounts.selectors.workspaces import ANONYMOUS
from apps.accounts.web.door import look_again, open_door
from apps.benchmarks.consumers.runs import read_run
from apps.benchmarks.selectors.run_state import RunState, parse_run_state
from apps.core.errors import AppError, NotFoundError
from apps.core.web.problems import problem_of
from apps.core.web.sse import HEARTBEAT, MEDIA_TYPE, encode_event

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
    from uuid import UUID

    from django.http import HttpResponse

    from apps.accounts.web.door import Door
    from apps.core.hub import Hub, Watcher

    Read = Callable[[], Awaitable[RunState]]

ROUTE = "/api/v1/runs/{run_id}/events"
HEARTBEAT_SECONDS = 15.0
_HEADERS = [
    (b"content-type", MEDIA_TYPE.encode()),
    (b"cache-control", b"no-store"),
    (b"x-content-type-options", b"nosniff"),
    (b"x-accel-buffering", b"no"),  # tells nginx to pass events on at once
]


class RunEvents:
    """The ASGI application at `/api/v1/runs/<id>/events`."""

    def __init__(self, hub: Hub, *, patience: float = SLOW_SECONDS) -> None:
        """Take frames from this hub; wait `patience` seconds for a client to read."""
        self._hub = hub
        self._patience = patience

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request: stream until the run ends or the client leaves."""
        door = await database_sync_to_async(open_door)(
            scope, route=ROUTE, needs=Entitlement.STREAMS
        )
        if door.refusal is not None:
            await _refuse(door.refusal, door.fields, send)
            return
        run_id = scope["url_route"]["kwargs"]["run_id"]
        work = self._stream(scope, door, run_id, send)
        await run_while_connected(work, receive, "http.disconnect")

    async def _stream(self, scope: Scope, door: Door, run_id: UUID, send: Send) -> None:
        read = partial(read_run, door.viewer, run_id)
        has_begun = False
        try:
            async with self._hub.watch(f"run:{run_id}") as watcher:
                # Read after the watch began: nothing falls between the two.
                first = await read()
                looks = Looks(await _ask_again(scope, run_id))
                await send(_start(200, [*_HEADERS, *_encoded(door.fields)]))
                has_begun = True
                async for chunk in _events(first, watcher, read, looks):
                    async with asyncio.timeout(self._patience):
                        await send(_body(chunk, more=True))
        except AppError as error:
            if not has_begun:
                await _refuse(problem_of(error), door.fields, send)
                return
            # A response that has begun has sent its status: an event says why it ends.
            await send(_body(_encode_refusal(error), more=True))
        except TimeoutError:
            return  # a client that does not read; the server closes its line
        await send(_body(b"", more=False))


async def _ask_again(
    scope: Scope, run_id: UUID
) -> Callable[[], Awaitable[None]] | None:
    """Return what asks whether this run may still be read; None if it is public."""
    try:
        await read_run(ANONYMOUS, run_id)
    except NotFoundError:
        look = database_sync_to_async(look_again)
    else:
        return None

    async def ask() -> None:
        viewer = await look(scope, route=ROUTE, needs=Entitlement.STREAMS)
        await read_run(viewer, run_id)

    return ask


async def _events(
    first: RunState, watcher: Watcher, read: Read, looks: Looks
) -> AsyncIterator[bytes]:
    """Yield the run's states, the first at once, until the one that ends it."""
    yield _encode(first)
    if first.has_ended:
        return
    batches = watcher.batches(pause=PAUSE_SECONDS, heartbeat=HEARTBEAT_SECONDS)
    async for frames in batches:
        await looks.take()
        if not frames:
            yield HEARTBEAT
            continue
        data = frames[-1].data
        state = parse_run_state(data) if data else await read()
        yield _encode(state)
        if state.has_ended:
            return


def _encode(state: RunState) -> bytes:
    name = "end" if state.has_ended else "progress"
    return encode_event(name, state.data, str(state.done))


def _encode_refusal(error: AppError) -> bytes:
    """Write the problem as the last event; what was heard before stays the latest."""
    return encode_event("error", problem_of(error).content.decode())


async def _refuse(
    response: HttpResponse, fields: Mapping[str, str], send: Send
) -> None:
    headers = _encoded(dict(response.headers) | dict(fields))
    await send(_start(response.status_code, headers))
    await send(_body(response.content, more=False))


def _encoded(fields: Mapping[str, str]) -> list[tuple[bytes, bytes]]:
    return [
        (name.lower().encode("latin-1"), value.encode("latin-1"))
        for name, value in fields.items()
    ]


def _start(status: int, headers: list[tuple[bytes, bytes]]) -> Message:
    return {"type": "http.response.start", "status": status, "headers": headers}


def _body(chunk: bytes, *, more: bool) -> Message:
    return {"type": "http.response.body", "body": chunk, "more_body": more}
