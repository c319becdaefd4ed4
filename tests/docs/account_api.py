"""The reference of the account API, from what it says of itself.

Who may do what is read from the table by which the tests try every address.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from django.urls import get_resolver
from drf_spectacular.generators import SchemaGenerator

from apps.accounts.domain.roles import Power, Role, has_power
from tests.accounts.access import DOORS, Reach
from tests.docs.routes import routes_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from tests.accounts.access import Door

    Node = Mapping[str, Any]
METHODS = ("get", "post", "put", "patch", "delete")
# What is shared by all operations and stands once, in the REST API's reference.
_FAILURES = {"400", "401", "403", "429", "default"}
_FORMATS = {"uuid": "UUID", "date-time": "time", "decimal": "decimal text"}
_BOUNDS = {
    "minLength": "at least {} characters",
    "maxLength": "at most {} characters",
    "minItems": "at least {} of them",
    "maxItems": "at most {} of them",
    "minimum": "at least {}",
    "maximum": "at most {}",
    "default": "without it `{}`",
}


def write_account_api() -> Iterator[str]:
    """Yield a section for each operation, then one for each object."""
    generator = SchemaGenerator()  # type: ignore[no-untyped-call]
    schema = generator.get_schema(request=None, public=True)  # type: ignore[no-untyped-call]
    shapes = schema["components"]["schemas"]
    names = _names()
    for path, operations in schema["paths"].items():
        for method in METHODS:
            if method in operations:
                verb = method.upper()
                yield from (f"## {verb} {path}", "")
                door = DOORS[names[path]][verb]
                yield from _operation(operations[method], door, shapes)
    for name in sorted(shapes):
        if shapes[name]["type"] == "object" and name != "Problem":
            yield from _object(name, shapes[name], shapes)


def _names() -> dict[str, str]:
    """Return the name of each address, by its path as OpenAPI writes it."""
    found = routes_of(get_resolver().url_patterns)
    return {re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", f"/{route}"): n for route, n in found}


def _operation(operation: Node, door: Door, shapes: Node) -> Iterator[str]:
    yield from (operation["description"], "")
    yield f"- **for**: {_who(door)}"
    asked = [one for one in operation.get("parameters", ()) if one["in"] == "query"]
    if asked:
        yield f"- **asks, in the query**: {'; '.join(_asked(one) for one in asked)}"
    if body := operation.get("requestBody"):
        yield f"- **takes**: {_content(body, shapes)}"
    for status, answer in operation["responses"].items():
        if status not in _FAILURES:
            yield f"- **{status}**: {_content(answer, shapes)}"
    yield ""


def _who(door: Door) -> str:
    if isinstance(door.needs, Reach):
        return "whoever is signed in" if door.needs is Reach.SIGNED_IN else "anybody"
    roles = ", ".join(role for role in Role if has_power(role, door.needs))
    if door.needs is Power.ALL_KEYS:
        return f"{roles}; a member for keys that they made"
    return roles


def _asked(parameter: Node) -> str:
    return f"`{parameter['name']}` ({_kind(parameter['schema'], {})})"


def _content(node: Node, shapes: Node) -> str:
    content = node.get("content", {}).get("application/json")
    return _kind(content["schema"], shapes) if content else "no body"


def _object(name: str, shape: Node, shapes: Node) -> Iterator[str]:
    yield from (f"## {name}", "", shape.get("description", ""), "")
    yield from ("| field | value |", "|---|---|")
    needed = shape.get("required", ())
    for field, kind in shape["properties"].items():
        is_said = field in needed or "default" in kind
        optional = "" if is_said else "; may be left out"
        yield f"| `{field}` | {_kind(kind, shapes)}{optional} |"
    yield ""


def _kind(node: Node, shapes: Node) -> str:
    """Return in words what a value is, with its bounds."""
    bounds = [
        words.format(node[key])
        for key, words in _BOUNDS.items()
        if key in node and (key, node[key]) != ("minLength", 1)
    ]
    return ", ".join([_bare(node, shapes), *bounds])


def _bare(node: Node, shapes: Node) -> str:
    for several in ("oneOf", "allOf"):
        if several in node:
            return " or ".join(_kind(one, shapes) for one in node[several])
    if "$ref" in node:
        name = node["$ref"].rpartition("/")[2]
        if "enum" in shapes[name]:
            return _bare(shapes[name], shapes)
        return f"[{name}](#{name.lower()})"
    if "enum" in node:
        return " or ".join(f"`{one}`" for one in node["enum"])
    return _plain(node, shapes)


def _plain(node: Node, shapes: Node) -> str:
    kinds = node["type"] if isinstance(node["type"], list) else [node["type"]]
    words = []
    for kind in kinds:
        if kind == "array":
            words.append(f"a list of {_kind(node['items'], shapes)}")
        elif kind == "null":
            words.append("`null`")
        else:
            words.append(_FORMATS.get(node.get("format", ""), str(kind)))
    return " or ".join(words)
