"""`python -m tests.bench.hourly_job MOMENT`: one hour's job, alone in its process."""

from __future__ import annotations

import json
import resource
import sys
import time
from datetime import datetime, timedelta

import django


def main() -> None:
    """Run the job with a clock that begins at the moment, and print what it took."""
    django.setup()
    # Both import models, which only works from here on.
    from apps.predictions.management.hours import describe_job  # noqa: PLC0415
    from apps.predictions.pipelines.hourly import run_hour  # noqa: PLC0415

    moment, began = datetime.fromisoformat(sys.argv[1]), time.perf_counter()

    def clock() -> datetime:
        return moment + timedelta(seconds=time.perf_counter() - began)

    job = run_hour(clock=clock)
    seconds = time.perf_counter() - began
    assert job is not None
    peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    told = {"seconds": seconds, "peak_mb": peak_mb, "job": describe_job(job)}
    sys.stdout.write(json.dumps(told) + "\n")


if __name__ == "__main__":
    main()
