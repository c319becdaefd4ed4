"""The jail of a whole program: standard input in, standard output out."""

from __future__ import annotations

import posix
import sys

from apps.benchmarks.domain.values_parse import Builder, parse
from apps.benchmarks.gateways.sandbox.jail.assemble import (
    SEED,
    compile_tree,
    parse_source,
)
from apps.benchmarks.gateways.sandbox.jail.channel import Channel
from apps.benchmarks.gateways.sandbox.jail.confine import confine

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def main(config: dict[str, Any]) -> None:
    """Confine this process, then run the one program that is sent to it."""
    channel = Channel()
    confine(config)
    channel.send(b"H")
    code, stdin = parse(channel.receive()[1], Builder())
    _feed(stdin)
    channel.release_output()
    if "random" in code:
        import random  # noqa: PLC0415 - dear to start, and seldom wanted

        random.seed(SEED)
    module: Any = type(sys)("__main__")
    sys.modules["__main__"] = module
    sys.argv = ["answer.py"]
    exec(compile_tree(parse_source(code)), vars(module))  # noqa: S102 - its purpose


def _feed(stdin: str) -> None:
    """Put the text where standard input is read from: a file that has no name."""
    name = ".stdin"
    target = posix.open(name, posix.O_WRONLY | posix.O_CREAT | posix.O_EXCL, 0o600)
    view = memoryview(stdin.encode("utf-8", "surrogatepass"))
    while view:
        view = view[posix.write(target, view) :]
    posix.close(target)
    source = posix.open(name, posix.O_RDONLY)
    posix.unlink(name)
    posix.dup2(source, 0)
    posix.close(source)
