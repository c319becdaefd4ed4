"""Django's pages as an ASGI application that changes threads once a request."""

from __future__ import annotations

from typing import TYPE_CHECKING

from asgiref.sync import sync_to_async
from django.core.handlers.asgi import ASGIHandler

if TYPE_CHECKING:
    from django.http import HttpRequest
    from django.http.response import HttpResponseBase


class Pages(ASGIHandler):
    """Runs middleware and view in one thread, since both are synchronous here.

    Django would put the view behind an asynchronous step of its own: each request
    would go from its thread to the event loop and back between middleware and view,
    and wait twice more for whatever else runs.
    """

    def load_middleware(self, is_async: bool = False) -> None:  # noqa: FBT001, FBT002
        """Build the chain that a synchronous server would have."""
        super().load_middleware(is_async=False)

    async def get_response_async(self, request: HttpRequest) -> HttpResponseBase:
        """Return the response of the chain, run in the request's thread."""
        return await sync_to_async(self.get_response, thread_sensitive=True)(request)
