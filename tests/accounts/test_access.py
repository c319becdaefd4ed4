"""Every address of accounts, every method, as everybody."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

import pytest
from django.apps import apps
from django.db import connection, transaction
from django.test import Client
from django.urls import URLPattern, get_resolver, reverse

from apps.accounts.domain.roles import Power, Role, has_power
from apps.accounts.models import Workspace
from apps.core.ids import new_id
from tests.accounts.access import DOORS, OBJECTS, PREFIXES, PUBLIC, Door, Reach
from tests.accounts.keys import lift_limits

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.accounts.cast import Cast

pytestmark = pytest.mark.django_db
Answer = Any  # what Django's test client returns
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
PEOPLE = ("owner", "admin", "member", "viewer", "stranger", "anonymous")
UNHEARD = {"anonymous": {302, 401, 403, 405}}


@dataclass(frozen=True, slots=True)
class Route:
    """One pattern of the URL map."""

    route: str
    name: str
    parts: tuple[str, ...]

    @property
    def has_object(self) -> bool:
        """Whether it names a thing of the workspace, by its id."""
        others = set(self.parts) - {"workspace_id"}
        return "workspace_id" in self.parts and any(
            name.endswith("_id") for name in others
        )

    @property
    def is_api(self) -> bool:
        return self.route.startswith("api/")


def walk(
    patterns: Any, prefix: str = "", above: tuple[str, ...] = ()
) -> Iterator[Route]:
    for pattern in patterns:
        route = f"{prefix}{pattern.pattern}"
        parts = (*above, *pattern.pattern.converters)
        if not isinstance(pattern, URLPattern):
            yield from walk(pattern.url_patterns, route, parts)
        elif route.startswith(PREFIXES) or (
            route.startswith(PUBLIC) and pattern.name in DOORS
        ):
            yield Route(route, pattern.name or "", parts)


@pytest.fixture(autouse=True)
def often(db: None) -> None:
    """Let everybody call as often as it takes."""
    lift_limits()


ROUTES = tuple(walk(get_resolver().url_patterns))
each_route = pytest.mark.parametrize("route", ROUTES, ids=lambda one: one.route)


@cache
def kept_tables() -> tuple[str, ...]:
    """Every table of accounts, and every other one that belongs to workspaces."""
    own = (
        model._meta.db_table
        for model in apps.get_models()
        if model._meta.app_label == "accounts"
        or any(field.related_model is Workspace for field in model._meta.fields)
    )
    return tuple(sorted(own))


def snapshot() -> list[tuple[Any, ...]]:
    """Count and checksum the rows of those tables."""
    each = (
        f"SELECT '{name}', count(*), sum(hashtextextended(t::text, 0)) FROM {name} t"  # noqa: S608
        for name in kept_tables()
    )
    with connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join(each))
        return sorted(cursor.fetchall())


def clients(cast: Cast) -> dict[str, Client]:
    found = {name: Client() for name in PEOPLE}
    for name, person in cast.everyone.items():
        found[name].force_login(person)
    return found


def may(door: Door, person: str) -> bool:
    if isinstance(door.needs, Power):
        return person in set(Role) and has_power(Role(person), door.needs)
    if door.needs is Reach.INVITED:
        return person == "stranger"
    return door.needs is Reach.ANYBODY or person != "anonymous"


def expected(route: Route, method: str, person: str) -> tuple[set[int], bool]:
    """Return the right answers, and whether something may have changed."""
    doors = DOORS[route.name]
    door = doors.get("GET" if method == "HEAD" else method)
    if method == "OPTIONS":
        return {200, *UNHEARD["anonymous"]}, False
    if door is None or (method == "HEAD" and route.route.startswith(PUBLIC)):
        return UNHEARD.get(person, set()) | {405}, False
    if may(door, person):
        return {door.but.get(person, door.answer)}, method not in {"GET", "HEAD"}
    return turned_away(route, method, person), False


def turned_away(route: Route, method: str, person: str) -> set[int]:
    """Return the right answers to somebody who may not."""
    if method == "GET" and route.route.startswith(PUBLIC):
        return {404}
    if person == "anonymous":
        return {401, 403} if route.is_api else {302}
    return {404 if person == "stranger" else 403}


def send(client: Client, route: Route, method: str, path: str, cast: Cast) -> Answer:
    door = DOORS[route.name].get(method)
    body = door.sends if door else {}
    data = body(cast) if callable(body) else body
    if route.is_api:
        return client.generic(
            method, path, encode(client, data), content_type="application/json"
        )
    if method == "POST":
        return client.post(path, data)
    return client.generic(method, path)


def encode(client: Client, data: Any) -> str:
    text: str = client._encode_json(data, "application/json")  # type: ignore[attr-defined]
    return text


def path_of(route: Route, cast: Cast, **others: object) -> str:
    """Return the address, after making all that it and its bodies name."""
    parts = {name: OBJECTS[name](cast) for name in route.parts}
    for door in DOORS[route.name].values():
        if callable(door.sends):
            door.sends(cast)
    found = {**parts, **others}
    path = "/" + route.route
    for name, value in found.items():
        for kind in ("uuid", "uuidstr", "slug", "str", "int"):
            path = path.replace(f"<{kind}:{name}>", str(value))
    return path


def test_every_address_says_who_may_and_every_row_has_an_address() -> None:
    assert {route.name for route in ROUTES} == set(DOORS)
    assert len({route.name for route in ROUTES}) == len(ROUTES)


@each_route
def test_everybody_gets_exactly_what_their_role_allows(
    route: Route, cast: Cast
) -> None:
    path, people, wrong = path_of(route, cast), clients(cast), []
    before = snapshot()
    for method in METHODS:
        for person, client in people.items():
            answers, changes = expected(route, method, person)
            with transaction.atomic():
                status = send(client, route, method, path, cast).status_code
                changed = snapshot() != before
                transaction.set_rollback(True)
            if status not in answers or (changed and not changes):
                wrong.append((method, person, status, answers, changed))
    assert wrong == []


@pytest.mark.parametrize(
    "route",
    [one for one in ROUTES if "workspace_id" in one.parts],
    ids=lambda one: one.route,
)
def test_a_stranger_cannot_tell_a_workspace_from_none(route: Route, cast: Cast) -> None:
    real = path_of(route, cast)
    none = path_of(route, cast, workspace_id=new_id())
    client = clients(cast)["stranger"]
    for method in DOORS[route.name]:
        answers = [send(client, route, method, path, cast) for path in (real, none)]
        bodies = [
            answer.content.decode()
            .replace(str(cast.workspace.id), "")
            .replace(none.split("/workspaces/")[1][:36], "")
            for answer in answers
        ]
        assert [answer.status_code for answer in answers] == [404, 404]
        if route.is_api:
            assert bodies[0] == bodies[1]


@pytest.mark.parametrize(
    "route",
    [one for one in ROUTES if one.has_object],
    ids=lambda one: one.route,
)
def test_an_owner_reaches_no_object_of_another_workspace(
    route: Route, cast: Cast
) -> None:
    own = cast.stranger.personal_workspace.id
    path = path_of(route, cast, workspace_id=own)
    client = clients(cast)["stranger"]
    before = snapshot()
    for method in DOORS[route.name]:
        assert send(client, route, method, path, cast).status_code == 404, method
    assert snapshot() == before


def test_an_anonymous_visitor_comes_back_after_signing_in(cast: Cast) -> None:
    path = reverse("workspace_members", kwargs={"workspace_id": cast.workspace.id})
    assert Client().get(path).headers["Location"] == f"/sign-in/?next={path}"


def test_the_api_takes_no_write_from_a_session_without_its_token(cast: Cast) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(cast.owner)
    before = snapshot()
    path = f"/api/account/workspaces/{cast.workspace.id}/"
    for method in ("PATCH", "DELETE"):
        answer = client.generic(
            method, path, '{"name": "Mine"}', content_type="application/json"
        )
        assert answer.status_code == 403
    assert snapshot() == before
