"""`manage.py catalog sync|list`: discover models, and show what is known."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from django.core.serializers.json import DjangoJSONEncoder
from django.utils import timezone

from apps.catalog.pipelines.sync import SyncStatus, sync_catalogue
from apps.catalog.selectors.models import list_models
from apps.catalog.selectors.providers import get_provider
from apps.core.commands import ProductCommand

if TYPE_CHECKING:
    from django.core.management.base import CommandParser

    from apps.catalog.pipelines.sync import ProviderSync
    from apps.catalog.selectors.models import ModelRow


class Command(ProductCommand):
    """Two subcommands; `--json` prints one document to stdout and nothing else."""

    help = "Discover the models that providers list, and show what is known."

    def add_arguments(self, parser: CommandParser) -> None:
        """Give each subcommand its own parser."""
        choices = self.add_subcommands(parser, "{sync,list}")
        choices.required = True
        for name, text in (
            ("sync", "Ask providers what they list, and record it."),
            ("list", "Show the models of the catalogue."),
        ):
            chosen = choices.add_parser(name, help=text, description=text)
            chosen.add_argument("--provider", help="only this provider")
            chosen.add_argument(
                "--json", action="store_true", help="print one JSON document"
            )

    def handle(self, *_args: Any, **options: Any) -> None:
        """Run the subcommand: status 1 where a provider failed, 2 on bad input."""
        run = self._sync if options["subcommand"] == "sync" else self._list
        status = run(options["provider"], as_json=options["json"])
        if status:
            sys.exit(status)

    def _sync(self, provider: str | None, *, as_json: bool) -> int:
        syncs = sync_catalogue(now=timezone.now(), provider=provider)
        if as_json:
            self._print({"providers": [asdict(sync) for sync in syncs]})
        else:
            for sync in syncs:
                self.stdout.write(_describe_sync(sync))
        return int(any(sync.status is SyncStatus.FAILED for sync in syncs))

    def _list(self, provider: str | None, *, as_json: bool) -> int:
        if provider is not None:
            get_provider(provider)
        rows = list_models(provider=provider)
        if as_json:
            self._print({"models": [_to_json(row) for row in rows]})
        else:
            for row in rows:
                self.stdout.write(_describe_model(row))
        return 0

    def _print(self, document: dict[str, object]) -> None:
        self.stdout.write(json.dumps(document, cls=DjangoJSONEncoder, indent=2))


def _describe_sync(sync: ProviderSync) -> str:
    if sync.status is not SyncStatus.SYNCED:
        return f"{sync.provider}: {sync.status}: {sync.detail}"
    line = f"{sync.provider}: {sync.listed} models listed"
    for word, names in (
        ("new", sync.new),
        ("deprecated", sync.deprecated),
        ("back", sync.returned),
    ):
        if names:
            line += f"\n  {word}: {', '.join(names)}"
    return f"{line}\n  {sync.detail}" if sync.detail else line


def _describe_model(row: ModelRow) -> str:
    prices = "price unknown"
    if row.is_free:
        prices = "free"
    elif row.input_price is not None and row.output_price is not None:
        prices = f"${row.input_price:f} in, ${row.output_price:f} out per million"
    marks = [
        word
        for word, holds in (
            ("new", row.is_new),
            ("deprecated", row.is_deprecated),
            (row.provider.obstacle, not row.is_available),
        )
        if holds
    ]
    return "  ".join([row.full_name, row.display_name, prices, *marks])


def _to_json(row: ModelRow) -> dict[str, object]:
    document = asdict(row)
    del document["provider"]
    return {
        "full_name": row.full_name,
        "provider": row.provider_name,
        "is_available": row.is_available,
        **document,
    }
