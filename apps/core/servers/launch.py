"""Start one program so that it cannot outlive the process that asked for it.

Run by path (`python -I -S launch.py SPEC PROGRAM ARGS…`), never imported: it is the
short-lived (Linux) or watching (elsewhere) process between a supervisor and its child.
SPEC is one JSON object: parent (pid), signal (sent when the parent is gone), uid and
gid (null: stay), capability (null, or the number of the one to keep), watch (bool).
"""

from __future__ import annotations

import ctypes
import json
import os
import signal
import subprocess
import sys
import threading
from typing import Any

# <linux/prctl.h> and <linux/capability.h>
PR_SET_PDEATHSIG = 1
PR_SET_KEEPCAPS = 8
PR_CAP_AMBIENT = 47
PR_CAP_AMBIENT_RAISE = 2
CAPABILITY_VERSION_3 = 0x20080522


def prctl(*arguments: int) -> None:
    """Set an attribute of this process; the arguments left out are zero."""
    libc = ctypes.CDLL(None, use_errno=True)
    padded = [ctypes.c_ulong(value) for value in (*arguments, 0, 0, 0, 0)[:5]]
    if libc.prctl(*padded) != 0:
        raise OSError(ctypes.get_errno(), "prctl was refused")


def keep_only(capability: int) -> None:
    """Keep one capability over the coming exec, after root has become someone else."""
    libc = ctypes.CDLL(None, use_errno=True)
    header = (ctypes.c_uint32 * 2)(CAPABILITY_VERSION_3, 0)
    low, high = (1 << capability) & 0xFFFFFFFF, (1 << capability) >> 32
    data = (ctypes.c_uint32 * 6)(low, low, low, high, high, high)
    if libc.capset(header, data) != 0:
        raise OSError(ctypes.get_errno(), "capset was refused")
    prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, capability)


def become(uid: int, gid: int, capability: int | None) -> None:
    """Leave root for good."""
    if capability is not None:
        prctl(PR_SET_KEEPCAPS, 1)
    os.setgroups([])
    os.setgid(gid)
    os.setuid(uid)
    if capability is not None:
        keep_only(capability)


def watch(argv: list[str], orphan_signal: int) -> int:
    """Run the program below this process and end it when standard input closes."""
    child = subprocess.Popen(  # noqa: S603
        argv, stdin=subprocess.DEVNULL, close_fds=False
    )
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGQUIT):
        signal.signal(number, lambda received, _: child.send_signal(received))

    def end_with_the_parent() -> None:
        while os.read(0, 1024):
            pass
        child.send_signal(orphan_signal)

    threading.Thread(target=end_with_the_parent, daemon=True).start()
    return child.wait()


def main(spec: dict[str, Any], argv: list[str]) -> int:
    """Become the program, or watch over it where the kernel cannot."""
    if spec["uid"] is not None:
        become(spec["uid"], spec["gid"], spec["capability"])
    if spec["watch"]:
        return watch(argv, spec["signal"])
    # After the change of user, which clears it.
    prctl(PR_SET_PDEATHSIG, spec["signal"])
    if os.getppid() == spec["parent"]:
        os.execv(argv[0], argv)  # noqa: S606
    return 1  # the parent died before the line above


if __name__ == "__main__":
    try:
        sys.exit(main(json.loads(sys.argv[1]), sys.argv[2:]))
    except OSError as error:
        sys.exit(f"cannot start {sys.argv[2]}: {error}")
