"""What the machine itself must have, and how to get it."""

from __future__ import annotations

import ctypes
import shutil
import socket
import sys

# Package, shared library or program, and who needs it.
LIBRARIES = (
    ("libgomp1", "libgomp.so.1", "the embedded language model"),
    ("libseccomp2", "libseccomp.so.2", "the sandbox"),
)
PROGRAMS = (("bubblewrap", "bwrap", "the sandbox"),)
BACKLOG = 2048


def missing_packages() -> list[tuple[str, str]]:
    """Return the Debian packages that are missing, each with what needs it."""
    if sys.platform != "linux":
        return []
    without = [(name, why) for name, so, why in LIBRARIES if not _loads(so)]
    lacking = [(name, why) for name, exe, why in PROGRAMS if not shutil.which(exe)]
    return without + lacking


def advice(missing: list[tuple[str, str]]) -> str:
    """Say in one line what is missing and which command brings it."""
    needs = ", ".join(f"{name} (needed by {why})" for name, why in missing)
    names = " ".join(name for name, _ in missing)
    return f"missing: {needs}; get it by: sudo apt-get install -y {names}"


def listen(bind: str, wanted: int, tried: int = 1) -> socket.socket | None:
    """Return a socket listening on the first free of `tried` ports from `wanted` on."""
    family = socket.AF_INET6 if ":" in bind else socket.AF_INET
    for port in range(wanted, min(wanted + tried, 65536)):
        listener = socket.socket(family, socket.SOCK_STREAM)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((bind, port))
            listener.listen(BACKLOG)
        except OSError:
            listener.close()
            continue
        return listener
    return None


def _loads(library: str) -> bool:
    try:
        ctypes.CDLL(library)
    except OSError:
        return False
    return True
