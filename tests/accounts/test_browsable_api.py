"""The account API as a browser shows it: its forms offer what may be sent."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest
from django.urls import URLPattern, URLResolver, get_resolver
from rest_framework.views import APIView

from apps.core.web.drf import StrictSerializer
from tests.accounts.keys import lift_limits

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from django.test import Client

    from tests.accounts.cast import Cast

WRITES = {"post", "put", "patch"}
FIELD = re.compile(r'<(?:input|select|textarea)[^>]*\bname="([a-z_]+)"')


def views_of(
    patterns: Iterable[URLPattern | URLResolver],
) -> Iterator[type[APIView]]:
    for pattern in patterns:
        if isinstance(pattern, URLResolver):
            yield from views_of(pattern.url_patterns)
        else:
            view: Any = getattr(pattern.callback, "cls", None)
            if view is not None and issubclass(view, APIView):
                yield view


def own_views() -> list[type[APIView]]:
    found = views_of(get_resolver().url_patterns)
    return [view for view in found if view.__module__.startswith("apps.")]


def test_every_view_that_takes_something_names_what_it_takes() -> None:
    offered: dict[str, Any] = {
        view.__name__: getattr(view, "serializer_class", None)
        for view in own_views()
        if WRITES & set(vars(view))
    }
    taking = {name: form for name, form in offered.items() if form is not None}
    assert {"WorkspaceList", "KeyList", "CredentialDetail"} <= set(taking)
    wrong = [
        name for name, form in taking.items() if not issubclass(form, StrictSerializer)
    ]
    assert wrong == []


@pytest.mark.django_db
def test_a_browser_is_offered_the_fields_that_may_be_sent(
    cast: Cast, client: Client
) -> None:
    lift_limits()
    client.force_login(cast.owner)
    page = client.get("/api/account/workspaces/", headers={"accept": "text/html"})
    offered = set(FIELD.findall(page.content.decode()))
    assert page.headers["Content-Type"].startswith("text/html")
    assert "name" in offered
    assert offered & {"is_personal", "role", "created_at", "deletion_due_at"} == set()
