"""Addresses that leave the service by mail."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.urls import reverse

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.http import HttpRequest
    from rest_framework.request import Request


def invitation_link(request: HttpRequest | Request) -> Callable[[str], str]:
    """Return what makes the address of the page that a token opens."""

    def link(token: str) -> str:
        path = reverse("invitation", kwargs={"token": token})
        address: str = request.build_absolute_uri(path)
        return address

    return link
