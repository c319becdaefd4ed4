"""The table of failures names every failure that we anticipate, with its status."""

from __future__ import annotations

import importlib
import pkgutil
import re
from functools import cache
from typing import TYPE_CHECKING

import apps
from apps.benchmarks.domain.answers import NoAnswerError
from apps.core.errors import AppError
from tests.docs.reference import DOCS

if TYPE_CHECKING:
    from collections.abc import Iterator

ROW = re.compile(r"^  \| (\d{3}) \| ((?:`[a-z_]+`(?:, )?)+) \|", re.MULTILINE)
# Caught where it is raised: it becomes the verdict on an answer.
NEVER_ANSWERED = {NoAnswerError}
# What the frameworks refuse before any code of ours is asked, and what is a bug.
WITHOUT_CLASS = {
    (400, "bad_request"),
    (403, "csrf_failed"),
    (405, "method_not_allowed"),
    (406, "not_acceptable"),
    (415, "unsupported_media_type"),
    (500, "server_error"),
}


def kinds_of(kind: type[AppError]) -> Iterator[type[AppError]]:
    for one in kind.__subclasses__():
        yield one
        yield from kinds_of(one)


@cache
def anticipated() -> set[tuple[int, str]]:
    """Every status and code that our own code answers with."""
    for module in pkgutil.walk_packages(apps.__path__, "apps."):
        if "migrations" not in module.name:
            importlib.import_module(module.name)
    kinds = set(kinds_of(AppError)) - NEVER_ANSWERED
    ours = {kind for kind in kinds if kind.__module__.startswith("apps.")}
    return {(kind.status, kind.code) for kind in ours}


def rows() -> list[tuple[int, str]]:
    text = (DOCS / "reference" / "rest-api.md").read_text()
    return [
        (int(status), code)
        for status, codes in ROW.findall(text)
        for code in re.findall(r"[a-z_]+", codes)
    ]


def test_every_failure_has_its_row() -> None:
    assert len(anticipated()) > 20
    assert anticipated() - set(rows()) == set()


def test_every_row_has_its_failure() -> None:
    assert set(rows()) - anticipated() == WITHOUT_CLASS


def test_the_rows_stand_by_status_and_once() -> None:
    statuses = [status for status, _ in rows()]
    assert statuses == sorted(statuses)
    assert len(rows()) == len(set(rows()))
