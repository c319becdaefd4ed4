"""`python -m tests.bench [NAME …]`: the table of `make bench`."""

from __future__ import annotations

import sys

import django

from apps.core.servers.postgres import DURABLE
from tests.embedded import start_servers

# A durable server: its fsyncs are a part of what is measured.
start_servers(DURABLE)
django.setup()

from tests.bench import (  # noqa: E402
    engine,
    grading,
    hourly,
    keys,
    leaderboard,
    scores,
)
from tests.bench.database import create_tables  # noqa: E402
from tests.bench.table import Finding, render_table  # noqa: E402

BENCHES = {
    "engine": engine.measure,
    "grading": grading.measure,
    "hourly": hourly.measure,
    "keys": keys.measure,
    "leaderboard": leaderboard.measure,
    "scores": scores.measure,
}


def main(names: list[str]) -> int:
    """Run the named benchmarks, or all; 1 where a target was missed."""
    unknown = set(names) - set(BENCHES)
    if unknown:
        sys.stderr.write(
            f"There is no benchmark {unknown.pop()!r}: {', '.join(BENCHES)}.\n"
        )
        return 2
    create_tables()
    findings: list[Finding] = []
    for name in names or BENCHES:
        sys.stderr.write(f"measuring {name} …\n")
        findings += BENCHES[name]()
    sys.stdout.write(render_table(findings) + "\n")
    return int(any(finding.met is False for finding in findings))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
