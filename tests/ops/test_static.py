from __future__ import annotations

import gzip
import re
from typing import TYPE_CHECKING, Any

import pytest
from asgiref.testing import ApplicationCommunicator
from django.contrib.staticfiles.storage import staticfiles_storage
from django.core.management import call_command
from django.test import override_settings

from apps.core.static import StaticFiles

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

CSS = "css/assay.css"


async def get(
    path: str, method: str = "GET", **headers: str
) -> tuple[int, dict[str, str], bytes]:
    async def pages(_scope: Any, _receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 418, "headers": []})
        await send({"type": "http.response.body", "body": b"a page"})

    given = [
        (name.replace("_", "-").encode(), text.encode())
        for name, text in headers.items()
    ]
    scope = {"type": "http", "method": method, "path": path, "headers": given}
    talk: Any = ApplicationCommunicator(StaticFiles(pages), scope)  # type: ignore[no-untyped-call]
    start = await talk.receive_output()
    body = b""
    while (part := await talk.receive_output()).get("more_body"):
        body += part["body"]
    body += part["body"]
    said = {name.decode(): text.decode() for name, text in start["headers"]}
    return start["status"], said, body


@pytest.fixture
def uncollected(tmp_path: Path) -> Iterator[Path]:
    with override_settings(STATIC_ROOT=tmp_path):
        yield tmp_path


@pytest.mark.usefixtures("uncollected")
async def test_files_are_served_from_the_code_until_they_are_collected() -> None:
    status, headers, body = await get(f"/static/{CSS}")
    assert status == 200
    assert headers["content-type"] == 'text/css; charset="utf-8"'
    assert headers["x-content-type-options"] == "nosniff"
    assert body.startswith(b"/* Tokens")
    assert staticfiles_storage.url(CSS) == f"/static/{CSS}"


@pytest.mark.usefixtures("uncollected")
async def test_an_unchanged_file_is_not_sent_again() -> None:
    _, headers, _ = await get(f"/static/{CSS}")
    status, _, body = await get(
        f"/static/{CSS}", if_modified_since=headers["last-modified"]
    )
    assert (status, body) == (304, b"")


@pytest.mark.usefixtures("uncollected")
async def test_only_the_head_is_sent_where_only_that_is_asked() -> None:
    status, headers, body = await get(f"/static/{CSS}", method="HEAD")
    assert (status, body) == (200, b"")
    assert int(headers["content-length"]) > 1000


@pytest.mark.parametrize(
    "path", ["/", "/static/none.css", "/static/../manage.py", "/static/%2e%2e/x"]
)
async def test_anything_else_is_passed_on(path: str) -> None:
    assert await get(path) == (418, {}, b"a page")


@pytest.fixture(scope="module")
def collected_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("collected")
    with override_settings(STATIC_ROOT=root):
        call_command("ensure_static", verbosity=0)
    return root


@pytest.fixture
def collected(collected_once: Path) -> Iterator[Path]:
    with override_settings(STATIC_ROOT=collected_once):
        yield collected_once


@pytest.mark.xdist_group("collected")
async def test_collected_files_are_cached_for_ever_and_compressed(
    collected: Path,
) -> None:
    url = staticfiles_storage.url(CSS)
    status, headers, body = await get(url, accept_encoding="gzip")
    assert (collected / url.removeprefix("/static/")).exists()
    assert headers["cache-control"] == "max-age=315360000, public, immutable"
    assert re.fullmatch(r"/static/css/assay\.[0-9a-f]{12}\.css", url)
    assert status == 200
    assert headers["content-encoding"] == "gzip"
    assert gzip.decompress(body).startswith(b"/* Tokens")


@pytest.mark.xdist_group("collected")
def test_nothing_is_collected_twice(
    collected: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    made = (collected / "staticfiles.json").stat().st_mtime_ns
    call_command("ensure_static")
    assert "as collected" in capsys.readouterr().out
    assert (collected / "staticfiles.json").stat().st_mtime_ns == made
