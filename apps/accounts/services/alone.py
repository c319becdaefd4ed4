"""The gate without Redis: the database identifies, and this process counts."""

from __future__ import annotations

import threading
from collections import OrderedDict
from typing import TYPE_CHECKING

from apps.accounts.domain.windows import SlidingWindow
from apps.accounts.domain.wire import entitlements_text, identity_text
from apps.accounts.gateways.gate import Look
from apps.accounts.selectors.entitlements import entitlements
from apps.accounts.selectors.identities import find_identity

if TYPE_CHECKING:
    from datetime import datetime

    from apps.accounts.domain.admission import Identity, StoredIdentity
    from apps.accounts.gateways.gate import Ask

_MOST_CALLERS = 20_000


class Alone:
    """Counts in memory, by the rule of the script; threads may share it."""

    def __init__(self, most: int = _MOST_CALLERS) -> None:
        """Remember the windows of the `most` callers that were seen last."""
        self._most = most
        self._windows: OrderedDict[str, SlidingWindow] = OrderedDict()
        self._lock = threading.Lock()

    def look(self, ask: Ask, now: datetime) -> Look:
        """Answer as the gate does."""
        stored = find_identity(ask.identity, now) if ask.identity else None
        subject, record = ask.subject, ""
        if stored is not None:
            record = identity_text(stored.identity)
            if word := _refusal(stored, ask.bits, now):
                return Look(word, record)
            subject = str(stored.identity.workspace_id)
        limit, view = ask.limit, ""
        if limit is None:
            identity = None if stored is None else stored.identity
            limit, view = _entitled(identity, now)
        if limit is None or not ask.window:
            return Look("ok", record, view, admitted=True)
        with self._lock:
            count = self._window(subject, ask.window).admit(now.timestamp(), limit)
        return Look("ok", record, view, count.admitted, count.used, limit, count.reset)

    def _window(self, subject: str, seconds: int) -> SlidingWindow:
        window = self._windows.pop(subject, None) or SlidingWindow(seconds)
        self._windows[subject] = window
        if len(self._windows) > self._most:
            self._windows.popitem(last=False)
        return window


def _entitled(identity: Identity | None, now: datetime) -> tuple[int | None, str]:
    found = entitlements(identity.workspace_id if identity else None, now)
    return found.limit.calls, entitlements_text(found)


def _refusal(stored: StoredIdentity, bits: str, now: datetime) -> str:
    if stored.identity.workspace_id is None:
        return "refused"
    if stored.expires is not None and now.timestamp() >= stored.expires:
        return "expired"
    if stored.networks and not bits.startswith(stored.networks):
        return "address"
    return ""
