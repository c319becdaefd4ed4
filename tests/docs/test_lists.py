"""The table of lists says of each how long a page of it may be, as the API does."""

from __future__ import annotations

import re

from config.api import api
from tests.docs.reference import DOCS

ROW = re.compile(r"^  \| `(/api/v1/[^`]+)` \| (\d+) \| (\d+) \|$", re.MULTILINE)


def limits_of_api() -> dict[str, tuple[str, str]]:
    """Return how long a page may be and is, by address; twins have the same."""
    found: dict[str, tuple[str, str]] = {}
    for path, methods in api.get_openapi_schema()["paths"].items():
        for one in methods["get"].get("parameters", []) if "get" in methods else []:
            if one["name"] == "limit":
                schema = one["schema"]
                limits = (str(schema["maximum"]), str(schema["default"]))
                assert schema["minimum"] == 1, path
                assert found.setdefault(path.removesuffix(".csv"), limits) == limits
    return found


def test_the_documented_limits_are_those_of_the_api() -> None:
    text = (DOCS / "reference" / "rest-api.md").read_text()
    assert {path: limits for path, *limits in ROW.findall(text)} == {
        path: list(limits) for path, limits in limits_of_api().items()
    }
