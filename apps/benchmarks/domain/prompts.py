"""What a prompt in Python lacks to be a program; shipped into the jails too."""

from __future__ import annotations


def completed(prompt: str) -> str:
    """Return a prompt that ends in an open body with `pass` as that body.

    The body is the one that the last line of code opens, at whatever depth. A prompt
    that ends otherwise does not become Python by this.
    """
    lines = [line for line in prompt.split("\n") if line.strip()]
    code = [line for line in lines if not line.lstrip().startswith("#")] or [""]
    indent = code[-1][: len(code[-1]) - len(code[-1].lstrip())]
    return f"{prompt.rstrip()}\n{indent}    pass\n"
