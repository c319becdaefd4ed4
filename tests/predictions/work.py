"""The hour's job in a process of its own: `python -m tests.predictions.work`."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta

import django


def main() -> None:
    """Do it in small and slow steps, so that a kill can fall anywhere."""
    django.setup()
    # Both import models, which only works from here on.
    from apps.predictions.pipelines.hourly import HourOptions, run_hour  # noqa: PLC0415
    from tests.predictions.prices import Prices  # noqa: PLC0415

    run_hour(
        clock=lambda: datetime.now(UTC),
        refresh=Prices(before_answer=lambda: time.sleep(0.03)),
        options=HourOptions(size=2, lease=timedelta(seconds=2)),
    )


if __name__ == "__main__":
    main()
