"""`manage.py billing SUBCOMMAND`: what an operator does about billing."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from django.utils import timezone

from apps.accounts.pipelines.pricing import make_prices
from apps.accounts.pipelines.reconciling import reconcile
from apps.accounts.pipelines.stripe_events import replay_event
from apps.core.commands import BAD_INPUT, ProductCommand

if TYPE_CHECKING:
    from django.core.management.base import CommandParser

UNREPAIRED = 1


class Command(ProductCommand):
    """Replay an event, compare with Stripe, or put the prices on sale there."""

    help = "Replay events of Stripe, compare with it and repair, and make the prices."

    def add_arguments(self, parser: CommandParser) -> None:
        """Give each subcommand its own parser."""
        self.parser = parser
        choices = self.add_subcommands(parser)
        words = "Process one event anew, whatever came of it before."
        replay = choices.add_parser("replay", help=words, description=words)
        replay.add_argument("event_id", metavar="EVENT_ID", help="such as evt_1Pgc76")
        words = (
            "Compare customers, subscriptions, invoices and prices with Stripe, and "
            "repair. Exit status 1: something is left to repair."
        )
        compare = choices.add_parser("reconcile", help=words, description=words)
        compare.add_argument(
            "--dry-run", action="store_true", help="only say what differs"
        )
        words = "Make the prices that the tiers name at Stripe, where they are missing."
        prices = choices.add_parser("prices", help=words, description=words)
        for one in (replay, compare, prices):
            one.add_argument("--json", action="store_true", help="answer in JSON")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Run the chosen subcommand."""
        name = options["subcommand"]
        if name is None:
            self.stderr.write(self.parser.format_help(), style_func=str)
            sys.exit(BAD_INPUT)
        act = {
            "replay": self._replay,
            "reconcile": self._reconcile,
            "prices": self._make_prices,
        }[name]
        if not act(**options):
            sys.exit(UNREPAIRED)

    def _replay(self, *, event_id: str, **options: Any) -> bool:
        event = replay_event(stripe_id=event_id, clock=timezone.now)
        said = {
            "event": event.stripe_id,
            "kind": event.kind,
            "state": event.state,
            "attempts": event.attempts,
            "said": event.last_error,
        }
        line = f"{event.stripe_id} ({event.kind}): {event.state}"
        self._say(
            said, [f"{line}: {event.last_error}" if event.last_error else line], options
        )
        return event.state in {"done", "ignored"}

    def _reconcile(self, **options: Any) -> bool:
        report = reconcile(clock=timezone.now, is_dry=options["dry_run"])
        lines = [
            f"{_verb(one.repaired)}: {one.kind} {one.id}: {one.what}"
            for one in report.findings
        ]
        lines.append(
            f"{report.customers} customers, {report.subscriptions} subscriptions and "
            f"{report.invoices} invoices compared: {len(report.findings)} differed, "
            f"{report.unrepaired} still do"
        )
        self._say(asdict(report) | {"unrepaired": report.unrepaired}, lines, options)
        return report.unrepaired == 0

    def _make_prices(self, **options: Any) -> bool:
        made = make_prices()
        lines = [f"{one.lookup_key}: {one.id}" for one in made]
        self._say(
            {"made": [one.lookup_key for one in made]},
            lines or ["every price is there already"],
            options,
        )
        return True

    def _say(
        self, document: dict[str, Any], lines: list[str], options: dict[str, Any]
    ) -> None:
        if options["json"]:
            self.stdout.write(json.dumps(document))
            return
        for line in lines:
            self.stdout.write(line)


def _verb(repaired: bool) -> str:  # noqa: FBT001 (its name says it)
    return "repaired" if repaired else "differs"
