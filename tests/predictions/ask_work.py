"""A worker in a process of its own: `python -m tests.predictions.ask_work RUN_ID`."""

from __future__ import annotations

import sys
from dataclasses import replace
from uuid import UUID

import django


def main() -> None:
    """Do the asking under a short lease, so that a kill can fall anywhere."""
    django.setup()
    # Both import models, which only works from here on.
    from apps.predictions.pipelines.asking import run_ask  # noqa: PLC0415
    from tests.predictions.asking import QUICK, clock  # noqa: PLC0415

    run_ask(UUID(sys.argv[1]), clock=clock, options=replace(QUICK, lease_seconds=2))


if __name__ == "__main__":
    main()
