"""Signing in through the providers of the tests."""

from __future__ import annotations

import re
from copy import deepcopy
from typing import TYPE_CHECKING, Any

import httpx2
from django.conf import settings

from tests.fakes.oauth_server import CLIENT_ID, CLIENT_SECRET

if TYPE_CHECKING:
    from tests.people.acting import Visitor

LINK = re.compile(r'id="(allow|deny)" href="([^"]+)"')


def configured() -> dict[str, Any]:
    """The providers, each with an application."""
    providers = deepcopy(settings.SOCIALACCOUNT_PROVIDERS)
    for one in providers.values():
        one["APPS"] = [{"client_id": CLIENT_ID, "secret": CLIENT_SECRET}]
    return providers


def leave(visitor: Visitor, provider: str, query: str = "?process=login") -> str:
    """Press the button of a provider; return where the browser is sent."""
    answer = visitor.client.post(f"/account/{provider}/{query}")
    return answer.headers["Location"]


def decide(consent: str, choice: str = "allow") -> str:
    """Choose at the provider; return where the browser comes back to."""
    answer = httpx2.get(consent)
    assert answer.status_code == 200, answer.text
    links = dict(LINK.findall(answer.text))
    return str(links[choice]).partition("//testserver")[2]


def go_through(
    visitor: Visitor,
    provider: str,
    choice: str = "allow",
    query: str = "?process=login",
) -> Any:
    """Go to the provider and come back."""
    return visitor.client.get(decide(leave(visitor, provider, query), choice))
