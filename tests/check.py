"""`make check`: everything about the code that can be told without running it.

One line a step, with its time; what a failed step said follows its line, and the last
line names all that failed.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
BIN = Path(sys.executable).parent
PYTHON = sys.executable
MANAGE = (PYTHON, "manage.py")
AT_ONCE = 2
SHOWN_LINES = 60
PRODUCTION = {
    "ALLOWED_HOSTS": "assay.example",
    "ASSAY_HTTPS": "1",
    "ASSAY_MAIL_KEY": "a key of the mail provider",
    "ASSAY_MAIL_PROVIDER": "postmark",
    "DATABASE_URL": "postgresql://assay@db.example/assay",
    "REDIS_URL": "redis://redis.example:6379",
    "SECRET_KEY": "a key of more than fifty letters, as production has to have one",
}


@dataclass(frozen=True)
class Step:
    """One tool and what it has to be quiet about."""

    name: str
    command: tuple[str, ...]
    env: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Outcome:
    """How a step went."""

    step: Step
    ok: bool
    seconds: float
    said: str


STEPS = (
    Step("types", (f"{BIN}/mypy", ".")),
    Step("format", (f"{BIN}/ruff", "format", "--check", ".")),
    Step("lint", (f"{BIN}/ruff", "check", ".")),
    Step("import contracts", (f"{BIN}/lint-imports",)),
    Step("templates", (f"{BIN}/djlint", "--check", "--lint", "--quiet", "templates")),
    Step("migrations", (*MANAGE, "makemigrations", "--check", "--dry-run")),
    Step("system checks", (*MANAGE, "check", "--fail-level", "WARNING")),
    Step(
        "production configuration",
        (*MANAGE, "check", "--deploy", "--fail-level", "WARNING"),
        PRODUCTION,
    ),
    Step("reference", (PYTHON, "-m", "tests.docs.reference", "--check")),
    Step(
        "budgets, habits, docs",
        (PYTHON, "-m", "pytest", "-q", "tests/architecture", "tests/docs"),
    ),
)


def main() -> int:
    """Run every step, whatever the others found; return the exit status."""
    began = time.monotonic()
    failed = []
    with tempfile.TemporaryDirectory(prefix="assay-check-") as var:
        # Not the installation's own folder: its servers and data are left alone.
        env = os.environ | {"ASSAY_VAR": var}
        with ThreadPoolExecutor(AT_ONCE) as pool:
            runs = [pool.submit(run, step, env) for step in STEPS]
            for done in as_completed(runs):
                outcome = done.result()
                show(outcome)
                if not outcome.ok:
                    failed.append(outcome.step.name)
    seconds = time.monotonic() - began
    said = f"failed: {', '.join(failed)}" if failed else f"{len(STEPS)} steps passed"
    say(f"{'✗' if failed else '✓'} {said} ({seconds:.0f} s)")
    return 1 if failed else 0


def run(step: Step, env: dict[str, str]) -> Outcome:
    """Run one step to its end."""
    began = time.monotonic()
    done = subprocess.run(
        step.command,
        cwd=ROOT,
        env=env | step.env,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    seconds = time.monotonic() - began
    return Outcome(step, done.returncode == 0, seconds, done.stdout)


def show(outcome: Outcome) -> None:
    """Print one step's line, and its last words where it failed."""
    mark = "✓" if outcome.ok else "✗"
    say(f"{mark} {outcome.step.name} ({outcome.seconds:.1f} s)")
    if not outcome.ok:
        for line in outcome.said.strip().splitlines()[-SHOWN_LINES:]:
            say(f"    {line}")


def say(line: str) -> None:
    """Print a line at once."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
