"""The generated part of the reference: what commands, settings and interfaces say.

`python -m tests.docs.reference` writes it; `--check` only says what is out of date.
"""

from __future__ import annotations

import argparse
import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import django
from django.core.management import get_commands, load_command_class
from django.urls import get_resolver

from tests.docs.routes import routes_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

DOCS = Path(__file__).resolve().parents[2] / "docs"
NOTE = "<!-- Written from the code by `make reference`; edit the code instead. -->"
# What every command of Django takes.
COMMON = frozenset(
    {
        "help",
        "version",
        "verbosity",
        "settings",
        "pythonpath",
        "traceback",
        "no_color",
        "force_color",
        "skip_checks",
    }
)


@dataclass(frozen=True)
class Page:
    """One generated page: its title, what it is about, and who writes the rest."""

    path: str
    title: str
    about: str
    write: Callable[[], Iterator[str]]

    def text(self) -> str:
        """Return the whole page."""
        lines = [NOTE, "", f"# {self.title}", "", self.about, "", *self.write()]
        return "\n".join(lines).rstrip() + "\n"


def main(arguments: list[str]) -> int:
    """Write the pages, or compare them; return the exit status."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    django.setup()
    stale = list(stale_pages())
    if "--check" in arguments:
        for page in stale:
            sys.stderr.write(f"docs/{page.path} is out of date: make reference\n")
        return 1 if stale else 0
    for page in stale:
        (DOCS / page.path).write_text(page.text())
    return 0


def stale_pages() -> Iterator[Page]:
    """Yield every page whose file differs from what the code says now."""
    for page in PAGES:
        path = DOCS / page.path
        if not path.exists() or path.read_text() != page.text():
            yield page


def own_commands() -> list[str]:
    """Return the names of the commands that the product adds to `manage.py`."""
    return sorted(
        name for name, app in get_commands().items() if str(app).startswith("apps.")
    )


def write_commands() -> Iterator[str]:
    """Yield a section for each command and subcommand."""
    for name in own_commands():
        parser = load_command_class(get_commands()[name], name).create_parser(
            "manage.py", name
        )
        yield from _command(f"manage.py {name}", parser)


def _command(title: str, parser: argparse.ArgumentParser) -> Iterator[str]:
    actions = [action for action in parser._actions if action.dest not in COMMON]
    nested = [a for a in actions if isinstance(a, argparse._SubParsersAction)]
    plain = [action for action in actions if action not in nested]
    yield from (f"## `{title}`", "", _sentence(parser.description), "")
    if plain or not nested:
        yield from ("```", " ".join([title, *map(_usage, plain)]), "```", "")
    if plain:
        yield from ("| argument | meaning |", "|---|---|")
        yield from (f"| `{_names(a)}` | {_meaning(a)} |" for a in plain)
        yield ""
    for action in nested:
        for name, inner in action.choices.items():
            yield from _command(f"{title} {name}", inner)


def _usage(action: argparse.Action) -> str:
    shown = _names(action).split(", ")[-1]
    return shown if action.required else f"[{shown}]"


def _names(action: argparse.Action) -> str:
    value = ""
    if action.nargs != 0:
        choices = ",".join(map(str, action.choices or ()))
        name = f"{{{choices}}}" if choices else action.dest.upper()
        value = str(action.metavar or name)
    if not action.option_strings:
        return value
    return ", ".join(f"{name} {value}".rstrip() for name in action.option_strings)


def _meaning(action: argparse.Action) -> str:
    fields = {"default": action.default, "prog": "manage.py", **vars(action)}
    text = _sentence((action.help or "").replace("%%", "%%%%") % fields)
    return text.replace("%%", "%").replace("|", "\\|")


def _sentence(text: str | None) -> str:
    words = " ".join((text or "").split())
    return words if not words or words.endswith((".", "?", "!")) else f"{words}."


def write_settings() -> Iterator[str]:
    """Yield a section for each environment variable."""
    from config.env import declared_variables  # noqa: PLC0415

    for variable in declared_variables():
        default = f"`{variable.default}`" if variable.default else "empty"
        shown = variable.default if " " in variable.default else default
        yield from (f"## `{variable.name}`", "", variable.about, "")
        yield from (f"- form: {variable.kind}", f"- without it: {shown}", "")


def write_metrics() -> Iterator[str]:
    """Yield a section for each metric."""
    from apps.core.metrics import declared_metrics  # noqa: PLC0415

    for metric in declared_metrics():
        labels = ", ".join(f"`{label}`" for label in metric.labels) or "none"
        yield from (f"## `{metric.name}`", "", metric.about, "")
        yield from (f"- type: {metric.shape}", f"- labels: {labels}", "")


def write_addresses() -> Iterator[str]:
    """Yield a table of the addresses that the product answers."""
    from apps.core.web.probes import PROBES  # noqa: PLC0415

    yield from ("| address | name |", "|---|---|")
    rows = {f"/{route}": name for route, name in routes_of(get_resolver().url_patterns)}
    rows |= dict.fromkeys(PROBES, "probe")
    yield from (f"| `{route}` | {name} |" for route, name in sorted(rows.items()))


def write_account() -> Iterator[str]:
    """Yield the operations of the account API, then the objects they take and give."""
    from tests.docs.account_api import write_account_api  # noqa: PLC0415

    yield from write_account_api()


PAGES = (
    Page(
        "reference/command-line.md",
        "Command line",
        "The commands that Assay adds to `manage.py`. Bad input ends with exit status "
        "2 and one line that says what and where.",
        write_commands,
    ),
    Page(
        "reference/settings.md",
        "Settings",
        "Everything that differs between installations is an environment variable. A "
        "value that cannot be read stops the start and is named.",
        write_settings,
    ),
    Page(
        "reference/metrics.md",
        "Metrics",
        "What `/metrics` shows to Prometheus. Those of requests are of the web process "
        "that answers; all others are read from the database and Redis at the scrape. "
        "With several web processes, let them share a directory named by "
        "`PROMETHEUS_MULTIPROC_DIR`, and a scrape of any of them adds up all.",
        write_metrics,
    ),
    Page(
        "reference/addresses.md",
        "Addresses",
        "Every address of the service. Leaderboards, runs, models and histories answer "
        "`.json` and `.csv` as well; the REST API describes itself at "
        "`/api/v1/openapi.json`.",
        write_addresses,
    ),
    Page(
        "reference/account-api.md",
        "Account API",
        "What belongs to a workspace, at `/api/account/`, for programs and, in a "
        "browser, for people. A signed-in person may what their role allows. An "
        "[API key](../how-to/use-the-api.md) with the scope `account:read` reads what "
        "a viewer does, one with `account:write` acts as an admin for as long as its "
        "maker is one or the owner, and no key manages keys. "
        "Bodies are JSON or forms, and a field that is not named here is refused. "
        "[Failures](rest-api.md#conventions) are those of the REST API; a workspace "
        "that one does not belong to does not exist. `/api/account/openapi.json` tells "
        "generators of clients the same.",
        write_account,
    ),
)

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
