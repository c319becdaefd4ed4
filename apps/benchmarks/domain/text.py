"""Text that PostgreSQL cannot hold, made holdable without loss."""

from __future__ import annotations

import re

_FORBIDDEN = re.compile("[\x00\ud800-\udfff]")
_UNSTORABLE = re.compile("[\x00\ud800-\udfff\\\\]")
_ESCAPED = re.compile(r"\\(?:u([0-9a-f]{4})|\\)")


def is_storable(text: str) -> bool:
    """Say whether PostgreSQL can hold the text, and so whether it can be there."""
    return not _FORBIDDEN.search(text)


def escape_text(text: str) -> str:
    r"""Write NUL and lone surrogates as `\uXXXX`, and a backslash as `\\`.

    Text without NUL or surrogates is returned as it is, backslashes included, so
    that ordinary answers stay readable: see `unescape_text` for the mark.
    """
    if is_storable(text) and not text.startswith("\\u!"):
        return text
    return "\\u!" + _UNSTORABLE.sub(_escape, text)


def unescape_text(text: str) -> str:
    """Return what `escape_text` was given."""
    if not text.startswith("\\u!"):
        return text
    return _ESCAPED.sub(_unescape, text[3:])


def _escape(match: re.Match[str]) -> str:
    character = match.group()
    return "\\\\" if character == "\\" else f"\\u{ord(character):04x}"


def _unescape(match: re.Match[str]) -> str:
    code = match.group(1)
    return chr(int(code, 16)) if code else "\\"
