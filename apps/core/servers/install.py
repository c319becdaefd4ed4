"""Make the virtual environment and install one set of requirements into it.

`python3 -m apps.core.servers.install SET`, with nothing but the standard library: it is
what `make` runs on a fresh machine. A set that has not changed is not installed again.
"""

from __future__ import annotations

import hashlib
import importlib.util
import subprocess
import sys
from pathlib import Path

from apps.core.servers.progress import Progress, Step

REPOSITORY = Path(__file__).resolve().parents[3]
ENVIRONMENT = REPOSITORY / ".venv"
PYTHON = ENVIRONMENT / "bin" / "python"
OLDEST = (3, 11)
# What pip says once for each requirement.
PIP_BEGINS = ("Collecting ", "Requirement already satisfied: ")


class InstallError(Exception):
    """The machine lacks something, or pip failed."""


def install(chosen: str, progress: Progress) -> None:
    """Bring `.venv` to the state that `requirements/CHOSEN.txt` describes.

    Raises:
        InstallError: says what is missing and how to get it, or why pip gave up.
    """
    check_machine()
    if not can_run("-m", "pip", "--version"):
        with progress.step("Create .venv"):
            create_environment()
    requirements = REPOSITORY / "requirements" / f"{chosen}.txt"
    stamp = ENVIRONMENT / f".installed-{chosen}"
    wanted = fingerprint(requirements)
    if stamp.exists() and stamp.read_text() == wanted:
        return
    with progress.step(f"Install requirements/{chosen}.txt") as step:
        run_pip(requirements, step)
    stamp.write_text(wanted)


def check_machine() -> None:
    """Refuse a Python that is too old or cannot make environments.

    Raises:
        InstallError: with the command that helps.
    """
    if sys.version_info < OLDEST:
        found = ".".join(str(part) for part in sys.version_info[:2])
        raise InstallError(
            f"Python 3.11 or newer is needed, and {sys.executable} is {found}: "
            "install one and say make PYTHON=/path/to/it"
        )
    # Debian splits it off; without it `venv` fails half way.
    if not importlib.util.find_spec("ensurepip"):
        raise InstallError(
            "python3-venv is missing; get it by: sudo apt-get install -y python3-venv"
        )


def create_environment() -> None:
    """Make `.venv`, or mend one whose making was cut off.

    Raises:
        InstallError: the standard library could not.
    """
    done = subprocess.run(  # noqa: S603
        [sys.executable, "-m", "venv", str(ENVIRONMENT)],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        said = (done.stderr or done.stdout).strip().splitlines()
        raise InstallError(f"python -m venv failed: {said[-1] if said else '?'}")


def can_run(*arguments: str) -> bool:
    """Say whether the environment's Python runs this."""
    if not PYTHON.exists():
        return False
    command = [str(PYTHON), *arguments]
    return subprocess.run(command, capture_output=True, check=False).returncode == 0  # noqa: S603


def fingerprint(requirements: Path) -> str:
    """Return what an installation of the file depends on, as one line."""
    digest = hashlib.sha256(requirements.read_bytes()).hexdigest()
    return f"{sys.version_info[0]}.{sys.version_info[1]} {digest}\n"


def run_pip(requirements: Path, step: Step) -> None:
    """Install exactly what is pinned and hashed, showing how far it is.

    Raises:
        InstallError: pip failed; its reason is in the message.
    """
    options = ["--disable-pip-version-check", "--no-input", "--progress-bar", "off"]
    pinned = ["--require-hashes", "--no-deps", "-r", str(requirements)]
    total = sum(line[:1].isalnum() for line in requirements.read_text().splitlines())
    lines: list[str] = []
    begun = 0
    with subprocess.Popen(  # noqa: S603
        [str(PYTHON), "-m", "pip", "install", *options, *pinned],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as pip:
        for line in pip.stdout or ():
            lines.append(line)
            begun += line.startswith(PIP_BEGINS)
            step.fraction = begun / max(total, 1)
    if pip.returncode != 0:
        errors = [line for line in lines if line.startswith("ERROR")] or lines[-1:]
        raise InstallError(f"pip failed: {errors[0].strip() if errors else '?'}")


if __name__ == "__main__":
    try:
        install(sys.argv[1], Progress())
    except InstallError as error:
        sys.exit(str(error))
    except KeyboardInterrupt:
        sys.exit(130)
