"""A worker in a process of its own: `python -m tests.engine.work SHARD_ID`."""

from __future__ import annotations

import sys
from dataclasses import replace
from uuid import UUID

import django


def main() -> None:
    """Do the shard in small steps, so that a kill can fall anywhere."""
    django.setup()
    # Both import models, which only works from here on.
    from apps.benchmarks.pipelines.shards import run_shard  # noqa: PLC0415
    from tests.engine.cast import QUICK, clock  # noqa: PLC0415

    options = replace(QUICK, lease_seconds=2)
    run_shard(UUID(sys.argv[1]), clock=clock, options=options)


if __name__ == "__main__":
    main()
