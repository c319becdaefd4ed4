from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from apps.core.servers import system
from apps.core.servers.install import InstallError, fingerprint, run_pip
from apps.core.servers.layout import REPOSITORY
from apps.core.servers.progress import Step

if TYPE_CHECKING:
    from pathlib import Path


def test_an_installed_set_is_not_installed_again_until_it_changes(
    tmp_path: Path,
) -> None:
    requirements = tmp_path / "some.txt"
    requirements.write_text("one==1\n")
    before = fingerprint(requirements)
    assert fingerprint(requirements) == before
    requirements.write_text("one==2\n")
    assert fingerprint(requirements) != before


def test_a_requirement_without_its_hash_is_refused(tmp_path: Path) -> None:
    requirements = tmp_path / "some.txt"
    requirements.write_text("django==5.2\n")
    with pytest.raises(InstallError, match="require-hashes"):
        run_pip(requirements, Step("Install"))


def test_the_installer_needs_nothing_but_the_standard_library() -> None:
    # -S leaves site-packages out, as on a machine where nothing is installed yet.
    program = "import apps.core.servers.install, apps.core.servers.progress"
    done = subprocess.run(
        [sys.executable, "-S", "-c", program],
        cwd=REPOSITORY,
        capture_output=True,
        check=False,
    )
    assert done.stderr == b""


def test_a_missing_library_is_named_with_its_command() -> None:
    said = system.advice([("libgomp1", "the model"), ("bubblewrap", "the sandbox")])
    assert said == (
        "missing: libgomp1 (needed by the model), bubblewrap (needed by the sandbox); "
        "get it by: sudo apt-get install -y libgomp1 bubblewrap"
    )


def test_a_port_is_taken_once() -> None:
    with system.listen("127.0.0.1", 0) as first:  # type: ignore[union-attr]
        port = first.getsockname()[1]
        assert system.listen("127.0.0.1", port) is None
        with system.listen("127.0.0.1", port, tried=50) as second:  # type: ignore[union-attr]
            assert second.getsockname()[1] > port
