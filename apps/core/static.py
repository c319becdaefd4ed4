"""Static files: names that carry a hash, cached for ever, served without Django."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from whitenoise.middleware import WhiteNoiseMiddleware
from whitenoise.storage import CompressedManifestStaticFilesStorage

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, MutableMapping

    from whitenoise.responders import Response

    Scope = MutableMapping[str, Any]
    Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
    Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
    Application = Callable[[Scope, Receive, Send], Awaitable[None]]

_CHUNK = 256 * 1024


class HashedStorage(CompressedManifestStaticFilesStorage):  # type: ignore[misc]
    """Adds a hash of the content to each name, once `collectstatic` has made them."""

    def stored_name(self, name: str) -> str:
        """Return the hashed name; the plain one while nothing was collected."""
        if not self.hashed_files:
            return name
        stored: str = super().stored_name(name)
        return stored


class StaticFiles:
    """An ASGI application that answers for static files and passes the rest on.

    Under ASGI the middleware would read each file as a whole, in a thread, behind every
    other middleware.
    """

    def __init__(self, application: Application) -> None:
        """Index the files that exist now; Django's settings must be loaded."""
        self._application = application
        self._files = WhiteNoiseMiddleware()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http" or not (file := self._find(scope["path"])):
            await self._application(scope, receive, send)
            return
        environ = {
            f"HTTP_{name.decode('latin1').upper().replace('-', '_')}": value.decode(
                "latin1"
            )
            for name, value in scope["headers"]
        }
        await _send(file.get_response(scope["method"], environ), send)

    def _find(self, path: str) -> Any:
        if not path.startswith(self._files.static_prefix):
            return None
        if self._files.autorefresh:
            return self._files.find_file(path)
        return self._files.files.get(path)


async def _send(response: Response, send: Send) -> None:
    headers = [
        (name.lower().encode("latin1"), str(value).encode("latin1"))
        for name, value in response.headers
    ]
    await send(
        {
            "type": "http.response.start",
            "status": int(response.status),
            "headers": headers,
        }
    )
    file = response.file
    if file is not None:
        with file:
            while chunk := await asyncio.to_thread(file.read, _CHUNK):
                body = {"type": "http.response.body", "body": chunk, "more_body": True}
                await send(body)
    await send({"type": "http.response.body", "body": b""})
