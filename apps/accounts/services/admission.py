"""Letting a call of the API in: who it is, what they may, whether there is room.

Redis answers all three in one round trip. What it does not have is read from the
database and given to it; without it this process counts by itself, by the same rule.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from django.conf import settings

from apps.accounts.domain.addresses import bits_of
from apps.accounts.domain.admission import (
    Admission,
    Identity,
    KeyAddressError,
    KeyExpiredError,
    KeyInvalidError,
    KeyRefusedError,
    KeyRevokedError,
    Quota,
    RateLimitedError,
    ScopeMissingError,
)
from apps.accounts.domain.keys import digest_of, is_well_formed
from apps.accounts.domain.wire import (
    entitlements_text,
    identity_text,
    parse_entitlements,
    parse_identity,
)
from apps.accounts.gateways.gate import Ask, Gate, Look, gate_of
from apps.accounts.selectors.entitlements import entitlements
from apps.accounts.selectors.identities import REVOKED, find_identity
from apps.accounts.services.alone import Alone
from apps.core.errors import UnavailableError
from apps.core.web.addresses import network_of

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from apps.accounts.domain.admission import Caller
    from apps.accounts.domain.keys import Scope
    from apps.accounts.domain.tiers import Entitlements
    from apps.accounts.gateways.gate import Asked

WINDOW_SECONDS = 3600
# Keys that open nothing, from one address in an hour: guessing is hopeless anyhow.
REFUSED_PER_HOUR = 1000
ANONYMOUS = "anonymous"
_FILLS = 3  # a copy may lapse between two looks
_MISSING = frozenset({"no identity", "no entitlements"})
_filling = tuple(threading.Lock() for _ in range(64))


def ask_ahead(*, key: str, address: str, now: datetime) -> Asked | None:
    """Ask Redis about a call with a key; `admit` takes what it answers meanwhile.

    Whoever asked drops what is not taken. None where there is nothing to ask: the key
    has not the form of one, or Redis is not there.
    """
    if not is_well_formed(key):
        return None
    ask = _ask_of(key, address, WINDOW_SECONDS)
    try:
        return gate_of(settings.GATE_URL).ask(ask, now=now.timestamp())
    except UnavailableError:
        return None  # it has been logged


def admit(
    *, caller: Caller, scope: Scope, now: datetime, asked: Asked | None = None
) -> Admission:
    """Identify whoever calls, count the call, and let it in.

    A call with a key counts for its workspace, one of a session for the workspace that
    gives its person the most, any other for its address. `asked` is what Redis was
    asked ahead about the caller's key.

    Raises:
        KeyRefusedError: the key opens nothing; its subclasses say why.
        ScopeMissingError: the key is not for this.
        RateLimitedError: there is no room left.
    """
    if caller.key is not None:
        return _admit_key(caller.key, caller, scope, now, asked=asked)
    if caller.user_id is None:
        return _decide(_look(Ask("", f"ip:{network_of(caller.address)}"), now))
    look = _look(Ask(f"person:{caller.user_id}", ""), now)
    if look.word == "refused":  # a person without a workspace
        look = _look(Ask("", f"person:{caller.user_id}"), now)
    return _decide(look)


def admit_again(*, caller: Caller, scope: Scope, now: datetime) -> Admission:
    """Identify the key of a call that goes on, without counting it once more.

    Raises:
        KeyRefusedError: the key opens nothing any more; its subclasses say why.
        ScopeMissingError: the key is no longer for this.
    """
    return _admit_key(caller.key or "", caller, scope, now, window=0)


def entitlements_of_person(user_id: UUID | None, now: datetime) -> Entitlements:
    """Return what a person has by the best of their workspaces, and a visitor by none.

    For pages, which are not counted. It may be behind a change by `FRESH_SECONDS`.
    """
    look = Look("refused")
    if user_id is not None:
        look = _look(Ask(f"person:{user_id}", "", window=0), now)
    if look.word == "refused":
        look = _look(Ask("", "", window=0), now)
    return parse_entitlements(look.view)


def refuse_key(*, digest: str) -> None:
    """Have a revoked key refused everywhere from now on.

    Where Redis does not answer, no process has a copy to use but by asking the
    database, until at most `FRESH_SECONDS` after it answers again.
    """
    try:
        gate_of(settings.GATE_URL).refuse_identity(
            _name_of(digest), identity_text(REVOKED.identity)
        )
    except UnavailableError:
        return  # it has been logged


def look_again_at_key(*, digest: str) -> None:
    """Have the gate read a key anew, since what its maker may has changed."""
    try:
        gate_of(settings.GATE_URL).forget_identity(_name_of(digest))
    except UnavailableError:
        return  # it has been logged


def _admit_key(
    key: str,
    caller: Caller,
    scope: Scope,
    now: datetime,
    *,
    window: int = WINDOW_SECONDS,
    asked: Asked | None = None,
) -> Admission:
    try:
        if asked is None and not is_well_formed(key):
            raise KeyInvalidError(
                "The key is not one of this service: its form or checksum is wrong."
            )
        ask = asked.ask if asked else _ask_of(key, caller.address, window)
        look = _look(ask, now, asked)
        _require_opening(look)
    except KeyRefusedError:
        _count_refusal(caller.address, now)
        raise
    admission = _decide(look)
    if scope not in admission.identity.scopes:
        raise ScopeMissingError(scope, admission.identity)
    return admission


def _ask_of(key: str, address: str, window: int) -> Ask:
    return Ask(_name_of(digest_of(key)), "", bits_of(address), window)


def _name_of(digest: str) -> str:
    return f"key:{digest}"


def _require_opening(look: Look) -> None:
    """Pass where the key opens its workspace.

    Raises:
        KeyRefusedError: it does not.
    """
    if look.word == "ok":
        return
    if look.word == "expired":
        raise KeyExpiredError("This key has expired.")
    if look.word == "address":
        raise KeyAddressError("This key may not be used from your address.")
    if look.word == "refused":
        if parse_identity(look.record).refused == REVOKED.identity.refused:
            raise KeyRevokedError("This key has been revoked.")
        raise KeyInvalidError("Nobody has this key.")


def _count_refusal(address: str, now: datetime) -> None:
    """Count a key that opens nothing against the address that sent it.

    Raises:
        RateLimitedError: it sent too many.
    """
    subject = f"refused:{network_of(address)}"
    look = _look(Ask("", subject, limit=REFUSED_PER_HOUR), now)
    if not look.admitted:
        quota = Quota(REFUSED_PER_HOUR, look.used, look.reset, WINDOW_SECONDS)
        raise RateLimitedError(
            "Too many wrong keys came from your address.", quota, Identity()
        )


def _decide(look: Look) -> Admission:
    entitled = parse_entitlements(look.view)
    identity = parse_identity(look.record) if look.record else Identity()
    quota = None
    if look.limit is not None:
        quota = Quota(look.limit, look.used, look.reset, WINDOW_SECONDS)
        if not look.admitted:
            is_visitor = identity.workspace_id is None
            more = (
                " A key of a workspace has the calls of its tier." if is_visitor else ""
            )
            raise RateLimitedError(
                f"The {entitled.tier.name} tier has {quota.limit} calls an hour, and "
                f"they are used: there is room again in {quota.reset} s.{more}",
                quota,
                identity,
            )
    return Admission(identity, entitled, quota)


def _look(ask: Ask, now: datetime, asked: Asked | None = None) -> Look:
    gate = gate_of(settings.GATE_URL)
    try:
        look = (asked or gate.ask(ask, now=now.timestamp())).look()
        if look.word in _MISSING:
            look = _fill_and_look(gate, ask, now)
        if look.word not in _MISSING:
            return look
    except UnavailableError:
        pass  # it has been logged
    return _alone.look(ask, now)


def _fill_and_look(gate: Gate, ask: Ask, now: datetime) -> Look:
    """Give Redis what it lacks, one thread at a time for each caller.

    A hundred calls whose copy has just lapsed ask the database once.
    """
    with _filling[hash((ask.identity, ask.subject)) % len(_filling)]:
        look = gate.look(ask, now=now.timestamp())
        for _ in range(_FILLS):
            if look.word == "no identity":
                _fill_identity(gate, ask.identity, now)
            elif look.word == "no entitlements":
                _fill_entitlements(gate, look.record, now)
            else:
                break
            look = gate.look(ask, now=now.timestamp())
        return look


def _fill_identity(gate: Gate, name: str, now: datetime) -> None:
    stored = find_identity(name, now)
    gate.remember_identity(
        name,
        identity_text(stored.identity),
        workspace=str(stored.identity.workspace_id or ""),
        expires=stored.expires,
        networks=stored.networks,
    )


def _fill_entitlements(gate: Gate, record: str, now: datetime) -> None:
    workspace_id = parse_identity(record).workspace_id if record else None
    entitled = entitlements(workspace_id, now)
    gate.remember_entitlements(
        str(workspace_id or ANONYMOUS),
        entitlements_text(entitled),
        limit=entitled.limit.calls,
    )


_alone = Alone()
