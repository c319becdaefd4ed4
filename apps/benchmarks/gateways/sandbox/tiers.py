"""The two tiers: what is put around a jail's process before it starts."""

from __future__ import annotations

import contextlib
import marshal
import os
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from apps.benchmarks.gateways.sandbox.base import (
    MEBIBYTE,
    Limits,
    SandboxStartError,
)
from apps.benchmarks.gateways.sandbox.filters import filter_program
from apps.benchmarks.gateways.sandbox.interpreter import (
    JAIL_USER,
    Interpreter,
    outer_command,
)
from apps.benchmarks.gateways.sandbox.process import Jail

# The whole of what stands on the jail's command line: it reads its code from its
# standard input, since a checkout may lie where the jail's user cannot read.
_BOOTSTRAP: Final = """
import sys, marshal, posix
def read(size):
    data = b""
    while len(data) < size:
        piece = posix.read(0, size - len(data))
        if not piece:
            posix._exit(96)
        data += piece
    return data
modules, role, config = marshal.loads(read(int.from_bytes(read(4), "big")))
for name, code in modules:
    module = type(sys)(name)
    sys.modules[name] = module
    exec(marshal.loads(code), vars(module))
main = vars(sys.modules[role])["main"]
del module, modules, name, code, read, role
main(config)
"""

# Sets of strings keep their order from run to run, so that verdicts do too; the
# jail empties its environment before it hears of an answer.
_ENVIRONMENT: Final = {"PYTHONHASHSEED": "0"}
_FLAGS: Final = ("-S", "-B", "-X", "utf8")
_DEVICES: Final = ("/dev/null", "/dev/zero", "/dev/urandom", "/dev/random")
_LIBRARIES: Final = ("/lib", "/lib64", "/lib32", "/usr/lib", "/usr/lib64", "/usr/lib32")
_FOLDER: Final = "assay-jail-"  # and the number of the process that made it
_DATA: Final = ("/usr/share/zoneinfo",)


def _boot(interpreter: Interpreter, role: str, config: dict[str, object]) -> bytes:
    modules = interpreter.modules(role)
    return marshal.dumps((modules, modules[-1][0], config), 4)


def _python(interpreter: Interpreter) -> tuple[str, ...]:
    return (interpreter.executable, *_FLAGS, "-c", _BOOTSTRAP)


def _spawn(
    command: list[str], *, folder: str = "/", inherit: tuple[int, ...] = ()
) -> subprocess.Popen[bytes]:
    try:
        return subprocess.Popen(  # noqa: S603 - the command is ours alone
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            bufsize=0,
            env=_ENVIRONMENT,
            cwd=folder,
            pass_fds=inherit,
            start_new_session=True,
        )
    except OSError as error:
        raise SandboxStartError(f"no process could be started: {error}") from error


@dataclass(frozen=True, slots=True)
class NamespaceTier:
    """Tier A: bubblewrap's namespaces, with the filter and resource limits inside."""

    interpreter: Interpreter
    program: str  # the path of bubblewrap
    outer: tuple[str, ...]
    filter: bytes
    tier: str = "A"
    reason: str = ""

    def open(self, role: str, limits: Limits) -> Jail:
        """Start a jail; see `Sandbox.open`.

        Raises:
            SandboxStartError: it did not come up.
        """
        # Inside its own user namespace the limit counts the jail's tasks alone.
        rlimits = [*limits.rlimits(), ("RLIMIT_NPROC", limits.tasks)]
        reader, writer = os.pipe()
        try:
            os.write(writer, self.filter)  # far below a pipe's 64 KiB
            os.close(writer)
            process = _spawn(self._command(limits, reader), inherit=(reader,))
        finally:
            os.close(reader)
        boot = _boot(self.interpreter, role, {"rlimits": rlimits})
        return Jail(process, limits, own_processes=True, boot=boot)

    def _command(self, limits: Limits, filter_descriptor: int) -> list[str]:
        command = [*self.outer, self.program]
        command += ["--unshare-user", "--unshare-all", "--die-with-parent"]
        command += ["--new-session", "--cap-drop", "ALL", "--hostname", "jail"]
        for path in self._readable():
            command += ["--ro-bind", path, path]
        for path in _LIBRARIES:
            if Path(path).is_symlink():
                command += ["--symlink", str(Path(path).readlink()), path]
        for path in _DEVICES:
            command += ["--dev-bind-try", path, path]
        # Where the C library keeps named semaphores, for those who fork.
        command += ["--size", str(MEBIBYTE), "--tmpfs", "/dev/shm"]  # noqa: S108
        size = str(limits.disk_mb * MEBIBYTE)
        command += ["--size", size, "--tmpfs", "/tmp", "--remount-ro", "/"]  # noqa: S108 - the jail's own
        command += ["--chdir", "/tmp", "--uid", "65534", "--gid", "65534"]  # noqa: S108
        command += ["--seccomp", str(filter_descriptor), "--"]
        return [*command, *_python(self.interpreter)]

    def _readable(self) -> list[str]:
        return readable_paths(self.interpreter)


@dataclass(frozen=True, slots=True)
class LandlockTier:
    """Tier B: Landlock, the stricter filter and resource limits on one process."""

    interpreter: Interpreter
    outer: tuple[str, ...]
    filter: bytes
    tier: str = "B"
    reason: str = ""

    def open(self, role: str, limits: Limits) -> Jail:
        """Start a jail; see `Sandbox.open`.

        Raises:
            SandboxStartError: it did not come up.
        """
        folder = _make_folder()
        config: dict[str, object] = {
            "rlimits": limits.rlimits(),
            "parent": os.getpid(),
            "filter": self.filter,
            "landlock": {
                "read": readable_paths(self.interpreter),
                "devices": [path for path in _DEVICES if Path(path).exists()],
                "write": [folder],
            },
        }
        try:
            process = _spawn([*self.outer, *_python(self.interpreter)], folder=folder)
        except SandboxStartError:
            _remove(folder)
            raise
        return Jail(
            process,
            limits,
            own_processes=False,
            boot=_boot(self.interpreter, role, config),
            folder=folder,
            clean=lambda: _remove(folder),
        )


def readable_paths(interpreter: Interpreter) -> list[str]:
    """Return the real paths that a jail must read: libraries and the interpreter."""
    wanted = [p for p in (*_LIBRARIES, *_DATA) if Path(p).is_dir()]
    wanted += [*interpreter.library, interpreter.executable]
    paths = [path for path in wanted if not Path(path).is_symlink()]
    return [p for p in paths if not any(_lies_under(p, o) for o in paths if o != p)]


def _lies_under(path: str, folder: str) -> bool:
    return path.startswith(folder.rstrip("/") + "/")


def _make_folder() -> str:
    folder = tempfile.mkdtemp(prefix=f"{_FOLDER}{os.getpid()}-")
    if os.geteuid() == 0:
        os.chown(folder, JAIL_USER, JAIL_USER)
    return folder


def _remove(folder: str) -> None:
    with contextlib.suppress(OSError):
        Path(folder).chmod(0o700)
    shutil.rmtree(folder, ignore_errors=True)


def remove_orphans() -> None:
    """Remove the folders of jails whose process was killed before it could."""
    for folder in Path(tempfile.gettempdir()).glob(f"{_FOLDER}*"):
        owner = folder.name.removeprefix(_FOLDER).split("-")[0]
        if owner.isdecimal() and not Path("/proc", owner).exists():
            _remove(str(folder))


def make_tier(name: str, interpreter: Interpreter) -> NamespaceTier | LandlockTier:
    """Return tier "A" or "B", untried.

    Raises:
        SandboxStartError: something that it needs is not installed.
    """
    program = filter_program(name)
    if name == "B":
        remove_orphans()
        outer = outer_command()
        bare = (*outer, "--no-new-privs") if outer else ()
        return LandlockTier(interpreter, bare, program)
    bubblewrap = shutil.which("bwrap", path=os.defpath)
    if bubblewrap is None:
        raise SandboxStartError("bubblewrap is missing: apt install bubblewrap")
    return NamespaceTier(interpreter, bubblewrap, outer_command(), program)
