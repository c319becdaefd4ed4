"""What of a model's text is its answer.

Code is what stands in a fence: of several, the last that defines the entry point,
else the last. Where none defines it and the text before the first fence does, that
text is the code: small models close a fence that they never opened. Text without a
fence is taken as code whole. A fence that is never closed runs to the end, for an
answer may have been cut short.

JSON is the last fenced block where there is one; else what begins at the first brace
or bracket, where prose may stand before and after it. A second document after the
first is refused: which of the two was meant is not for the grader to choose.
"""

from __future__ import annotations

import json
import math
import re
import textwrap
from typing import Any, Final

from apps.core.errors import InvalidInputError

MAX_ANSWER: Final = 1_000_000  # characters

_FENCE: Final = re.compile(r"^[ \t]*(`{3,}|~{3,})([^`\n]*)$")
_FENCE_LINE: Final = re.compile(r"^[ \t]*(?:`{3,}|~{3,})", re.MULTILINE)


class NoAnswerError(InvalidInputError):
    """The text holds no answer of the form that was asked for."""

    code = "no_answer"


def extract_code(text: str, entry_point: str = "") -> str:
    """Return the Python code in a model's text.

    Raises:
        NoAnswerError: there is no text, or it is too long.
    """
    _refuse_extremes(text)
    blocks = [block for _, block in fenced_blocks(text)]
    if not blocks:
        return text
    if entry_point:
        name = re.escape(entry_point)
        defines = re.compile(
            rf"^(?:(?:async )?def|class) {name}\b|^{name}\b[^=\n(]*=[^=]", re.MULTILINE
        )
        for block in reversed(blocks):
            if defines.search(block):
                return block
        before = _FENCE_LINE.split(text, maxsplit=1)[0]
        if defines.search(before):
            return before
    return blocks[-1]


def extract_json(text: str) -> Any:
    """Return the JSON document in a model's text, read strictly.

    Raises:
        NoAnswerError: there is none, or it repeats a key, or holds NaN, Infinity or
            a number beyond floats, or another document follows it.
    """
    _refuse_extremes(text)
    blocks = [block for _, block in fenced_blocks(text)]
    source = blocks[-1].strip() if blocks else text
    if not blocks:
        begin = re.search(r"[\[{]", source)
        if begin is None:
            raise NoAnswerError("the answer holds no JSON object or array")
        source = source[begin.start() :]
    try:
        document, end = _DECODER.raw_decode(source)
    except RecursionError:
        raise NoAnswerError("the JSON is nested too deeply") from None
    except ValueError as error:
        raise NoAnswerError(f"the JSON is malformed: {error}") from None
    rest = source[end:]
    if (blocks and rest.strip()) or re.search(r"[\[{]", rest):
        raise NoAnswerError("more follows the JSON document")
    return document


def fenced_blocks(text: str) -> list[tuple[str, str]]:
    """Return the language and content of each fenced block, in order."""
    blocks: list[tuple[str, str]] = []
    fence, language, lines = "", "", list[str]()
    for line in text.splitlines():
        match = _FENCE.match(line)
        if not fence:
            if match:
                fence, language, lines = match[1], match[2].strip().lower(), []
        elif match and match[1].startswith(fence) and not match[2].strip():
            blocks.append((language, _joined(lines)))
            fence = ""
        else:
            lines.append(line)
    if fence:
        blocks.append((language, _joined(lines)))
    return blocks


def _joined(lines: list[str]) -> str:
    # A continuation of the prompt is indented throughout, and its indentation
    # counts; a block in a list item is indented too, and there it does not.
    code = "\n".join(lines) + "\n"
    first = next((line for line in lines if line.strip()), "")
    keeps = not re.match(r"\s*(?:def|class|import|from|async|@|#|[\[{])", first)
    return code if keeps else textwrap.dedent(code)


def _refuse_extremes(text: str) -> None:
    if not text.strip():
        raise NoAnswerError("the answer is empty")
    if len(text) > MAX_ANSWER:
        raise NoAnswerError("the answer is too long")


def _pairs(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key is repeated")
    return found


def _constant(name: str) -> Any:
    raise ValueError(f"{name} is not JSON")


def _number(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError("a number is too large")
    return number


_DECODER: Final = json.JSONDecoder(
    object_pairs_hook=_pairs, parse_constant=_constant, parse_float=_number
)
