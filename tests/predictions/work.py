"""The hour's job in a process of its own: `python -m tests.predictions.work`."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import django


def main() -> None:
    """Do it in small steps, so that a kill can fall anywhere."""
    django.setup()
    # It imports models, which only works from here on.
    from apps.predictions.pipelines.hourly import HourOptions, run_hour  # noqa: PLC0415

    run_hour(
        clock=lambda: datetime.now(UTC),
        options=HourOptions(size=2, lease=timedelta(seconds=2)),
    )


if __name__ == "__main__":
    main()
