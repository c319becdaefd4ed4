"""The bounds that a jail's process puts on itself before it hears of any answer."""

from __future__ import annotations

import _stat
import builtins
import posix
import resource
import struct
import sys
from posix import _exit

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

OWN_PID_MARK = 0x5AA55A5A  # stands in the filter for the number of this process

_LANDLOCK_CREATE, _LANDLOCK_ADD, _LANDLOCK_RESTRICT = 444, 445, 446
_KILL = 9  # module `signal` would cost four milliseconds
_PARENT_DEATH, _NO_NEW_PRIVILEGES, _SET_SECCOMP, _FILTER_MODE = 1, 38, 22, 2

_TRUNCATION, _NETWORK, _SCOPES = 3, 4, 6  # the ABI that brought each

_WRITE_FILE, _READ_FILE, _READ_FOLDER, _REMOVE_FILE, _MAKE_FILE, _TRUNCATE = (
    1 << bit for bit in (1, 2, 3, 5, 8, 14)
)


def confine(config: dict[str, Any]) -> None:
    """Apply the resource limits and, where asked, Landlock and the filter."""
    for name, value in config["rlimits"]:
        limit = getattr(resource, name)
        hard = resource.getrlimit(limit)[1]
        bound = value if hard == resource.RLIM_INFINITY else min(value, hard)
        resource.setrlimit(limit, (bound, bound))
    for variable in list(posix.environ):
        posix.unsetenv(variable)
        del posix.environ[variable]
    if "landlock" in config:
        _die_with(config["parent"])
        _restrict(config["landlock"], config["filter"])
    # What `site`, which is not loaded, would have brought.
    vars(builtins).update(exit=sys.exit, quit=sys.exit)
    sys.path[:] = [entry for entry in sys.path if entry]
    for name in [name for name in sys.modules if name.startswith("apps.")]:
        del sys.modules[name]


def _die_with(parent: int) -> None:
    """Let the kernel kill this process when the one that started it ends."""
    import ctypes  # noqa: PLC0415 - two milliseconds that only this tier needs

    _call(ctypes.CDLL(None, use_errno=True), "prctl", _PARENT_DEATH, _KILL)
    if posix.getppid() != parent:  # it ended before it could be asked for
        _exit(1)


def _restrict(paths: dict[str, list[str]], program: bytes) -> None:
    import ctypes  # noqa: PLC0415 - two milliseconds that only this tier needs

    libc = ctypes.CDLL(None, use_errno=True)
    _call(libc, "prctl", _NO_NEW_PRIVILEGES, 1, 0, 0, 0)
    abi = _call(libc, "syscall", _LANDLOCK_CREATE, None, 0, 1)
    rules = struct.pack("@QQQ", *_handled(abi))
    size = 24 if abi >= _SCOPES else 16 if abi >= _NETWORK else 8
    ruleset = _call(libc, "syscall", _LANDLOCK_CREATE, rules[:size], size, 0)
    readable = _READ_FILE | _READ_FOLDER
    writable = _WRITE_FILE | _REMOVE_FILE | _MAKE_FILE
    if abi >= _TRUNCATION:
        writable |= _TRUNCATE
    for path in paths["read"]:
        _allow(libc, ruleset, path, readable & _rights_on(path))
    for path in paths["devices"]:
        _allow(libc, ruleset, path, _READ_FILE | _WRITE_FILE)
    for path in paths["write"]:
        _allow(libc, ruleset, path, readable | writable)
    _call(libc, "syscall", _LANDLOCK_RESTRICT, ruleset, 0)
    posix.close(ruleset)
    _load_filter(libc, ctypes, program)


def _handled(abi: int) -> tuple[int, int, int]:
    """Return every right that this kernel's Landlock can take away.

    On files, on TCP (to bind and to connect), and on what lies outside its domain
    (abstract sockets and signals).
    """
    bits = {1: 13, 2: 14, 3: 15, 4: 15}.get(abi, 16)
    return (1 << bits) - 1, 3 if abi >= _NETWORK else 0, 3


def _rights_on(path: str) -> int:
    """Return the rights that can be given on a file, or on a folder."""
    mode = posix.stat(path).st_mode
    return -1 if _stat.S_ISDIR(mode) else _READ_FILE | _WRITE_FILE


def _allow(libc: Any, ruleset: int, path: str, rights: int) -> None:
    folder = posix.open(path, posix.O_PATH | posix.O_CLOEXEC)
    rule = struct.pack("=Qi", rights, folder)
    _call(libc, "syscall", _LANDLOCK_ADD, ruleset, 1, rule, 0)
    posix.close(folder)


def _load_filter(libc: Any, ctypes: Any, program: bytes) -> None:
    # The filter lets a process signal itself alone: the number of this process
    # stands where the trusted side, which cannot know it, left a mark.
    mark, own = struct.pack("@I", OWN_PID_MARK), struct.pack("@I", posix.getpid())
    steps = [program[at : at + 8] for at in range(0, len(program), 8)]
    patched = b"".join(s[:4] + (own if s[4:] == mark else s[4:]) for s in steps)
    code = ctypes.create_string_buffer(patched, len(patched))
    head = struct.pack("@HP", len(steps), ctypes.addressof(code))
    _call(libc, "prctl", _SET_SECCOMP, _FILTER_MODE, head, 0, 0)


def _call(libc: Any, name: str, *arguments: Any) -> int:
    import ctypes  # noqa: PLC0415 - loaded by the caller already

    plain = [ctypes.c_long(a) if isinstance(a, int) else a for a in arguments]
    answer: int = getattr(libc, name)(*plain)
    if answer < 0:
        error = ctypes.get_errno()
        raise OSError(error, f"{name}: {posix.strerror(error)}")
    return answer
