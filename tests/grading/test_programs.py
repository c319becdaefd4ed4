from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from apps.benchmarks.domain.specs import Verdict
from apps.benchmarks.pipelines.grading import grade_code_sync
from tests.grading.cast import program_task

if TYPE_CHECKING:
    from apps.benchmarks.gateways.sandbox import Sandbox

CASES = (("2 3\n", "5\n"), ("10\n-4 é\n", "6"))

RIGHT = {
    "reads all": (
        "import sys\nwords = sys.stdin.read().split()\n"
        "print(sum(int(w) for w in words if w.lstrip('-').isdigit()))"
    ),
    "reads by lines with a main block": (
        "def main():\n    total = 0\n    while True:\n        try:\n"
        "            line = input()\n        except EOFError:\n            break\n"
        "        total += sum(int(w) for w in line.split() if w != 'é')\n"
        "    print(total, ' ')\nif __name__ == '__main__':\n    main()"
    ),
    "reads the descriptor and exits": (
        "import os, sys\nwords = os.read(0, 999).decode().split()\n"
        "os.write(1, str(sum(int(w) for w in words if w != 'é')).encode())\nsys.exit()"
    ),
    "prints from an exit handler": (
        "import atexit, sys\nwords = sys.stdin.read().split()\n"
        "atexit.register(lambda: print(sum(int(w) for w in words if w != 'é')))"
    ),
    "complains on standard error": (
        "import sys\nprint('x' * 100000, file=sys.stderr)\n"
        "print(sum(int(w) for w in sys.stdin.read().split() if w != 'é'))"
    ),
}


@pytest.mark.parametrize("code", RIGHT.values(), ids=RIGHT)
def test_a_right_program_passes(code: str, sandbox: Sandbox) -> None:
    outcome = grade_code_sync(program_task(*CASES), code, sandbox=sandbox)

    assert outcome.verdict is Verdict.PASS, outcome
    assert outcome.breakdown == {"cases": 2, "passed": 2}


WRONG = {
    "prints the first case's answer": ("print(5)", "in case 2 of 2: it printed"),
    "prints nothing": ("pass", "in case 1 of 2: it printed something else"),
    "fails after printing": ("print(5)\n1/0", "in case 1 of 2: it ended with status 1"),
    "exits non-zero": ("print(5)\nexit(3)", "in case 1 of 2: it ended with status 3"),
    "is not Python": ("print 5", "in case 1 of 2: it ended with status 1"),
    "kills itself": (
        "import os\nprint(5, flush=True)\nos.kill(os.getpid(), 9)",
        "in case 1 of 2: it ended with status 137",
    ),
    "prints without end": (
        "while True:\n    print('x' * 65536)",
        "in case 1 of 2: it printed more than the output limit",
    ),
    "waits": ("import time\ntime.sleep(9)", "in case 1 of 2: it ran out of time"),
    "closes its output and waits": (
        "import os, time\nos.close(1)\ntime.sleep(9)",
        "in case 1 of 2: it ran out of time",
    ),
    "looks for the expected output": (
        "import gc\nprint([o for o in gc.get_objects() if o == '5\\n'])",
        "in case 1 of 2: it printed something else",
    ),
}


@pytest.mark.parametrize(("code", "reason"), WRONG.values(), ids=WRONG)
def test_a_wrong_program_fails_with_its_case(
    code: str, reason: str, sandbox: Sandbox
) -> None:
    spec = program_task(*CASES, seconds=0.7)

    outcome = grade_code_sync(spec, code, sandbox=sandbox)

    assert outcome.verdict is Verdict.FAIL
    assert outcome.reason.startswith(reason), outcome


def test_each_case_runs_afresh(sandbox: Sandbox) -> None:
    code = (
        "import os\nprint(len(os.listdir('.')))\n"
        "open('left-behind', 'w').write('x')\nprint(len(globals()) < 9)"
    )
    spec = program_task(("", "0\nTrue"), ("", "0\nTrue"))

    assert grade_code_sync(spec, code, sandbox=sandbox).verdict is Verdict.PASS


def test_a_large_input_is_fed_whole(namespaces: Sandbox) -> None:
    lines = "7\n" * 400_000
    code = "import sys\nprint(sum(map(int, sys.stdin)))"

    outcome = grade_code_sync(
        program_task((lines, "2800000")), code, sandbox=namespaces
    )

    assert outcome.verdict is Verdict.PASS, outcome
