"""The interpreter that runs inside the jails, and the code that is sent to it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from apps.benchmarks.gateways.sandbox.base import SandboxStartError

# The jail's user outside every namespace, where the service itself runs as root.
# It owns nothing and is not the database's.
JAIL_USER: Final = 65533

_OLDEST: Final = (3, 10)
_APPS: Final = Path(__file__).resolve().parents[3]
_DOMAIN: Final = "apps.benchmarks.domain"
_JAIL: Final = "apps.benchmarks.gateways.sandbox.jail"
_COMMON: Final = (
    f"{_DOMAIN}.prompts",
    f"{_DOMAIN}.values",
    f"{_DOMAIN}.values_parse",
    f"{_JAIL}.channel",
    f"{_JAIL}.confine",
    f"{_JAIL}.assemble",
)
_ROLES: Final = {
    "candidate": (*_COMMON, f"{_JAIL}.exports", f"{_JAIL}.candidate"),
    "tester": (*_COMMON, f"{_JAIL}.exports", f"{_JAIL}.remote", f"{_JAIL}.tester"),
    "program": (*_COMMON, f"{_JAIL}.program"),
}

# Answers a first question about itself, and compiles what it will be sent later:
# only the interpreter that runs a code object can be trusted to have its format.
_INTRODUCTION: Final = """
import json, marshal, os, sys, sysconfig
paths = sysconfig.get_paths()
def build(name, source):
    code = compile(source, name, "exec", dont_inherit=True, optimize=2)
    return marshal.dumps(code).hex()
code = {name: build(name, source) for name, source in json.load(sys.stdin).items()}
print(json.dumps({
    "version": sys.version_info[:2],
    "executable": os.path.realpath(sys.executable),
    "library": [paths["stdlib"], paths["platstdlib"]],
    "code": code,
}))
"""


@dataclass(frozen=True, slots=True)
class Interpreter:
    """A Python that the jail's user may run, with the roles compiled for it."""

    executable: str
    library: tuple[str, ...]  # folders of its standard library
    version: tuple[int, int]
    code: dict[str, bytes]

    def modules(self, role: str) -> list[tuple[str, bytes]]:
        """Return the names and code of a role's modules, in order of import."""
        return [(name, self.code[name]) for name in _ROLES[role]]


def outer_command() -> tuple[str, ...]:
    """Return what makes a command run as the jail's user: nothing unless as root.

    Raises:
        SandboxStartError: root cannot become another user here.
    """
    if os.geteuid() != 0:
        return ()
    setpriv = shutil.which("setpriv", path=os.defpath)
    if setpriv is None:
        raise SandboxStartError("setpriv is missing: apt install util-linux")
    user = str(JAIL_USER)
    return (setpriv, f"--reuid={user}", f"--regid={user}", "--clear-groups")


def find_interpreter() -> Interpreter:
    """Return the first interpreter that the jail's user can run.

    Raises:
        SandboxStartError: there is none.
    """
    running = Path(sys.base_prefix) / "bin" / "python3"
    tried = []
    for path in ("/usr/bin/python3", "/usr/local/bin/python3", str(running)):
        try:
            return _introduce(path)
        except (OSError, ValueError, subprocess.SubprocessError) as error:
            tried.append(f"{path}: {type(error).__name__}")
    raise SandboxStartError(
        f"no Python that another user may run ({'; '.join(tried)}):"
        " apt install python3-minimal"
    )


def _introduce(path: str) -> Interpreter:
    sources = {name: _source(name) for names in _ROLES.values() for name in names}
    done = subprocess.run(  # noqa: S603 - fixed arguments
        [*outer_command(), path, "-I", "-S", "-c", _INTRODUCTION],
        input=json.dumps(sources).encode(),
        capture_output=True,
        check=True,
        timeout=20,
        env={},
        cwd="/",
    )
    told = json.loads(done.stdout)
    version = (int(told["version"][0]), int(told["version"][1]))
    if version < _OLDEST:
        raise ValueError(f"Python {version[0]}.{version[1]} is too old")
    return Interpreter(
        executable=str(told["executable"]),
        library=tuple(dict.fromkeys(told["library"])),
        version=version,
        code={name: bytes.fromhex(code) for name, code in told["code"].items()},
    )


def _source(name: str) -> str:
    return (_APPS.parent / name.replace(".", "/")).with_suffix(".py").read_text("utf-8")
