"""A process that is killed while it acts: `… ask_and_hang WORKSPACE DATABASE`."""

from __future__ import annotations

import sys
import threading
from typing import TYPE_CHECKING
from uuid import UUID

import django
from django.conf import settings

if TYPE_CHECKING:
    from apps.accounts.services.idempotency import Answer


def main(workspace: str, database: str) -> None:
    """Act under an idempotency key, say so, and never come to an end."""
    settings.DATABASES["default"]["NAME"] = database
    django.setup()
    # They import models, which only works from here on.
    from tests.accounts.test_idempotency import ask, make  # noqa: PLC0415

    def hang() -> Answer:
        made = make()
        sys.stdout.write("made\n")
        sys.stdout.flush()
        threading.Event().wait()
        return made

    ask(UUID(workspace), act=hang)


if __name__ == "__main__":
    main(*sys.argv[1:])
