from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tests.architecture.sources import ROOT

LINTER = Path(sys.executable).parent / "lint-imports"


def test_every_import_keeps_the_contracts() -> None:
    # In a process of its own: the linter sets up logging, and that silences every
    # logger that was used before, for all tests that come after.
    done = subprocess.run(
        [str(LINTER), "--config", str(ROOT / ".importlinter"), "--no-cache"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=110,
    )
    assert done.returncode == 0, done.stdout + done.stderr
