"""What a key costs a public read, and whether a limit holds to the call."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from http import HTTPStatus
from statistics import median
from typing import TYPE_CHECKING

import httpx2
from django.conf import settings
from django.core.handlers.base import BaseHandler
from django.db import connection
from django.test import RequestFactory, override_settings

from apps.accounts.domain.audit import SYSTEM
from apps.accounts.domain.keys import KeyPower, Scope
from apps.accounts.models import Membership, Tier, TierOverride, User, Workspace
from apps.accounts.selectors.workspaces import get_viewer
from apps.accounts.services.keys import create_key
from apps.accounts.services.tiers import load_tiers
from apps.accounts.services.usage import store_calls
from apps.accounts.web import gate
from apps.core.batching import Batcher
from tests.bench.server import web_server
from tests.bench.table import Finding

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from django.http import HttpRequest
    from django.http.response import HttpResponseBase

    from apps.accounts.domain.calls import Call

    Answer = Callable[[HttpRequest], HttpResponseBase]

ADDRESS = "/api/v1/suites"
PAIRS, WARM_UP = 1000, 100
TARGET_MS = 0.3
CLIENTS, CALLS_EACH, LIMIT = 100, 20, 1000
GATES = frozenset(
    {"apps.accounts.web.gate.AskMiddleware", "apps.accounts.web.gate.GateMiddleware"}
)


def measure() -> list[Finding]:
    """Time the same read with and without the gate, then storm a limit."""
    load_tiers()
    return [*_time_reads(_make_key("Reads", None)), _storm(_make_key("Storm", LIMIT))]


def _make_key(name: str, calls: int | None) -> str:
    user = User.objects.create_user(f"{name.lower()}@example.org", "a pass phrase")
    workspace = Workspace.objects.create(name=name)
    Membership.objects.create(workspace=workspace, user=user, role="owner")
    TierOverride.objects.create(
        workspace=workspace,
        tier=Tier.objects.get(slug="pro"),
        sets_calls=True,
        # Counted, as most are, and never full while reads are timed.
        calls_per_hour=calls or 10_000_000,
        reason="measured",
    )
    return create_key(
        viewer=get_viewer(user, datetime.now(UTC)),
        workspace_id=workspace.id,
        name=name,
        power=KeyPower.READ_ONLY,
        scopes=[Scope.READ],
        actor=SYSTEM,
        now=datetime.now(UTC),
    ).secret


def _time_reads(key: str) -> list[Finding]:
    """Answer the same read by two chains of middleware in turn, thousands of times."""
    recorder: Batcher[Call] = Batcher(_store)  # with its thread, as in the service
    before, vars(gate)["recorder"] = vars(gate)["recorder"], recorder
    without = [name for name in settings.MIDDLEWARE if name not in GATES]
    ways = {"gate": _handler(list(settings.MIDDLEWARE)), "none": _handler(without)}
    times: dict[str, list[float]] = {name: [] for name in ways}
    for number in range(PAIRS + WARM_UP):
        order = list(ways) if number % 2 else list(ways)[::-1]
        for name in order:
            spent = _answer(ways[name], key)
            if number >= WARM_UP:
                times[name].append(spent)
    inside = _time_gate(ways["none"], key)
    vars(gate)["recorder"] = before
    recorder.close()
    bare, gated = median(times["none"]), median(times["gate"])
    pairs = zip(times["gate"], times["none"], strict=True)
    added = median(one - other for one, other in pairs)
    return [
        Finding(
            f"public read without the gate, {PAIRS:,} times",
            f"p50 {bare:.3f} ms",
            "the measure of the next",
            met=None,
        ),
        Finding(
            "key lookup, limit, entitlements and recording added to it",
            f"p50 {added:+.3f} ms ({gated / bare:.2f} x)",
            f"≤ {TARGET_MS} ms",
            met=added <= TARGET_MS,
        ),
        Finding(
            "the same where nothing else runs while Redis answers",
            f"p50 {inside:.3f} ms",
            "beside it",
            met=None,
        ),
    ]


def _time_gate(way: Answer, key: str) -> float:
    """Return the median of what the gate takes besides what it lets through.

    Of one and the same request, so that a busy machine blurs it less. It asks Redis
    itself, and waits: in the service the question is sent ahead.
    """
    within = [0.0]

    def let_through(request: HttpRequest) -> HttpResponseBase:
        started = time.perf_counter()
        response = way(request)
        within[0] = (time.perf_counter() - started) * 1000
        return response

    gated = gate.GateMiddleware(let_through)
    return median(_answer(gated, key) - within[0] for _ in range(PAIRS))


def _handler(middleware: list[str]) -> Answer:
    handler = BaseHandler()
    with override_settings(MIDDLEWARE=middleware):
        handler.load_middleware()
    return handler.get_response


def _answer(way: Answer, key: str) -> float:
    headers = {"Authorization": f"Bearer {key}", "Host": "localhost"}
    request = RequestFactory().get(ADDRESS, headers=headers)
    started = time.perf_counter()
    response = way(request)
    spent = (time.perf_counter() - started) * 1000
    if response.status_code != HTTPStatus.OK:
        raise RuntimeError(f"{ADDRESS} answered {response.status_code}")
    return spent


def _store(calls: Sequence[Call]) -> None:
    try:
        store_calls(calls)
    finally:
        connection.close()


def _storm(key: str) -> Finding:
    """Have all clients call two web processes at once, twice as often as they may."""
    start = threading.Barrier(CLIENTS)
    with web_server() as first, web_server() as second:
        addresses = [str(first.base_url), str(second.base_url)]
        with ThreadPoolExecutor(CLIENTS) as pool:
            counts = pool.map(
                lambda number: _call(addresses[number % 2], key, start), range(CLIENTS)
            )
            statuses = [status for found in counts for status in found]
    admitted = statuses.count(HTTPStatus.OK)
    refused = statuses.count(HTTPStatus.TOO_MANY_REQUESTS)
    is_exact = (admitted, refused) == (LIMIT, CLIENTS * CALLS_EACH - LIMIT)
    return Finding(
        f"{CLIENTS} clients, 2 web processes, {len(statuses):,} calls at a limit of "
        f"{LIMIT:,}",
        f"{admitted:,} admitted, {refused:,} refused",
        f"{LIMIT:,} admitted, to the call",
        met=is_exact,
    )


def _call(address: str, key: str, start: threading.Barrier) -> list[int]:
    headers = {"X-API-Key": key}
    with httpx2.Client(base_url=address, headers=headers, timeout=120) as client:
        start.wait()
        return [client.get(ADDRESS).status_code for _ in range(CALLS_EACH)]
