from __future__ import annotations

import subprocess
import sys

from tests.architecture.sources import ROOT

# A process that has loaded no tasks yet, as a web process at its start.
FIRST_JOBS_AT_ONCE = """
import threading, django
django.setup()
from apps.core.jobs import find_task
together, failures = threading.Barrier(8), []
def find():
    together.wait()
    try:
        find_task("core.pulse")
        find_task("benchmarks.sweep")
    except Exception as error:
        failures.append(repr(error))
threads = [threading.Thread(target=find) for _ in range(8)]
for thread in threads: thread.start()
for thread in threads: thread.join()
print(failures)
"""


def test_the_first_jobs_of_a_process_may_be_sent_at_once() -> None:
    done = subprocess.run(
        [sys.executable, "-c", FIRST_JOBS_AT_ONCE],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == "[]\n"
