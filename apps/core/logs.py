"""Steps that every log line passes: secrets are struck out, the pulse is left out."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import structlog

if TYPE_CHECKING:
    import logging

    from structlog.typing import EventDict

STRUCK = "[removed]"
PULSE_TASK = "core.pulse"
PROBE = "/readyz"

_SECRET_NAME = re.compile(
    r"(pass(word|wd)?|secret|token|api_?key|authorization|cookie|session_?key|dsn)$",
    re.IGNORECASE,
)
_SECRETS = (
    # a=b in a query or a message, and "a": "b" in a dump
    re.compile(
        r"""(?P<kept>\b(?:[\w-]*(?:password|secret|token|api[_-]?key|signature))"""
        r"""["']?\s*[=:]\s*["']?)(?P<secret>[^\s&"',;}]+)""",
        re.IGNORECASE,
    ),
    re.compile(
        r"(?P<kept>\b(?:bearer|basic)\s+)(?P<secret>[\w.~+/=-]{6,})", re.IGNORECASE
    ),
    # the password of an address
    re.compile(r"(?P<kept>\w://[^\s/:@]*:)(?P<secret>[^\s/@]+)(?=@)"),
    # the link of an invitation or an export, also where it is part of another address
    re.compile(
        r"(?P<kept>(?:/|%2F)(?:invitations|account(?:/|%2F)data)(?:/|%2F))"
        r"(?P<secret>[\w-]{40,})",
        re.IGNORECASE,
    ),
    # keys by the form that their makers gave them
    re.compile(
        r"(?P<kept>)(?P<secret>(?:assay_r[wo]_|\b(?:sk-|sk_live_|rk_live_|xoxb-|ghp_|"
        r"AIza))[\w-]{8,})"
    ),
)
_ENOUGH = 20_000  # letters of one value


def strike_secrets(_logger: Any, _method: str, event: EventDict) -> EventDict:
    """Strike out values whose name or form says that they are secret."""
    return {
        name: STRUCK
        if _SECRET_NAME.search(name) and isinstance(value, str)
        else struck(value)
        for name, value in event.items()
    }


def struck(value: Any) -> Any:
    """Return the value without secrets, whatever containers they lie in."""
    if isinstance(value, str):
        return _strike_text(value)
    if isinstance(value, dict):
        return strike_secrets(None, "", value)
    if isinstance(value, list | tuple):
        return [struck(item) for item in value]
    return value


def _strike_text(text: str) -> str:
    shown = text if len(text) <= _ENOUGH else f"{text[:_ENOUGH]}…"
    for pattern in _SECRETS:
        shown = pattern.sub(rf"\g<kept>{STRUCK}", shown)
    return shown


def is_no_probe(record: logging.LogRecord) -> bool:
    """Say whether Django's line is about something else than an unready service.

    A probe that asks every few seconds would fill the log with what it is told.
    """
    return getattr(getattr(record, "request", None), "path", "") != PROBE


def drop_pulse(_logger: Any, method: str, event: EventDict) -> EventDict:
    """Leave out that the pulse was sent and run, which happens every 10 seconds.

    Raises:
        DropEvent: the line is about that and nothing else.
    """
    if method in {"debug", "info", "log"} and PULSE_TASK in {
        event.get("task"),
        event.get("child_task_name"),
    }:
        raise structlog.DropEvent
    return event
