"""The page on which members have models asked: a form, its estimate, a start."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from apps.accounts.domain.tiers import Entitlement
from apps.accounts.viewers import actor_of
from apps.accounts.web.choosing import choose_to_run
from apps.catalog.selectors.offered import list_offered_models
from apps.core.errors import ConflictError, InvalidInputError
from apps.markets.domain.markets import MarketStatus
from apps.markets.selectors.references import find_markets
from apps.markets.selectors.venues import list_venues
from apps.predictions.domain.asking import MOST_MARKETS
from apps.predictions.services.ask_estimates import estimate_ask
from apps.predictions.services.ask_once import EstimateChangedError, start_ask_once
from apps.predictions.services.asks import admit_ask
from apps.predictions.web.forms import BEGUN_WITH, AskForm

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from django.http import HttpRequest, HttpResponse, QueryDict

    from apps.catalog.selectors.models import ModelRow
    from apps.markets.selectors.markets import MarketRow
    from apps.predictions.domain.asking import Asked
    from apps.predictions.services.ask_estimates import AskEstimate

REFUSAL = "Only members who may run can have models asked."
SHOWN = 10  # markets of an estimate that need no further look
LISTS = ("models", "markets")
# What a link to the form of another workspace takes along.
CARRIED = ("experiment", "markets", "query", "venue", "limit", "samples", "price")


@dataclass(frozen=True, slots=True)
class Step:
    """How far a form is: an asking that began, or what is to be shown."""

    asking_id: UUID | None = None
    estimate: AskEstimate | None = None
    has_changed: bool = False


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def new_asking(request: HttpRequest) -> HttpResponse:
    """Show the form, or what it would take, or start what was shown.

    Raises:
        EntitlementError: the workspace sends the form and its tier has no askings.
        ForbiddenError: whoever asks may run in no workspace.
    """
    now = timezone.now()
    choice = choose_to_run(request, now, refusal=REFUSAL)
    offered, left_out = list_offered_models(choice.workspace.id)
    chosen = _find_chosen(request)
    form = _make_form(request, choice.workspace.id, offered, chosen)
    step = Step()
    if request.method == "POST":
        choice.entitled.require(Entitlement.RUNS_ON_DEMAND)
        step = _take_step(request, form, choice.workspace.id, now)
        if step.asking_id:
            return redirect("asking", asking_id=step.asking_id)
    context = {
        "form": form,
        "step": step,
        "key": uuid.uuid4(),
        "choice": choice,
        "offered": offered,
        "left_out": left_out,
        "chosen": _mark_chosen(form, chosen),
        "carried": _carry(_sent(request)),
        "first_markets": step.estimate.markets[:SHOWN] if step.estimate else (),
        "more_markets": step.estimate.markets[SHOWN:] if step.estimate else (),
    }
    status = 422 if form.errors else 200
    return render(request, "predictions/new_asking.html", context, status=status)


def _take_step(
    request: HttpRequest, form: AskForm, workspace_id: UUID, now: datetime
) -> Step:
    """Estimate what a form asks for, or start it; its faults are left in the form."""
    if not form.is_bound or not form.is_valid():
        return Step()
    asked = form.read()
    try:
        admit_ask(workspace_id=workspace_id, webhook_url=asked.webhook_url, now=now)
    except InvalidInputError as error:
        form.blame(error, "webhook_url")
        return Step()
    try:
        if request.POST.get("step") == "start":
            return _start(request, asked, workspace_id, now)
        return Step(
            estimate=estimate_ask(workspace_id=workspace_id, asked=asked, now=now)
        )
    except (InvalidInputError, ConflictError) as error:
        form.blame(error)
        return Step()


def _start(
    request: HttpRequest, asked: Asked, workspace_id: UUID, now: datetime
) -> Step:
    try:
        return Step(
            start_ask_once(
                workspace_id=workspace_id,
                asked=asked,
                key=_read_key(request),
                shown=request.POST.get("shown", ""),
                actor=actor_of(request),
                now=now,
            )
        )
    except EstimateChangedError:
        estimate = estimate_ask(workspace_id=workspace_id, asked=asked, now=now)
        return Step(estimate=estimate, has_changed=True)


def _read_key(request: HttpRequest) -> UUID:
    """Return what names the form; a key of no use, or none, names it for this once."""
    try:
        return UUID(request.POST.get("key", ""))
    except ValueError:
        return uuid.uuid4()


def _sent(request: HttpRequest) -> QueryDict:
    return request.POST if request.method == "POST" else request.GET


def _find_chosen(request: HttpRequest) -> tuple[MarketRow, ...]:
    """Return the markets that were chosen on other pages, one of a name once."""
    if request.POST.get("step") == "words":
        return ()
    names = dict.fromkeys(_sent(request).getlist("markets")[:MOST_MARKETS])
    found = find_markets(names)
    return tuple(
        {found[name].id: found[name] for name in names if name in found}.values()
    )


def _make_form(
    request: HttpRequest,
    workspace_id: UUID,
    offered: Sequence[ModelRow],
    chosen: Sequence[MarketRow],
) -> AskForm:
    sent, is_sent = _sent(request), request.method == "POST"
    if is_sent and sent.get("step") != "words":
        return AskForm(offered, chosen, list_venues(include_inactive=False), data=sent)
    initial: dict[str, object] = {
        name: sent.getlist(name) if name in LISTS else sent[name]
        for name in AskForm.base_fields
        if name in sent
    }
    initial["markets"] = [
        str(one.id) for one in chosen if one.status is MarketStatus.OPEN
    ]
    if len(offered) == 1:
        initial.setdefault("models", [offered[0].full_name])
    initial = BEGUN_WITH | initial | {"workspace": workspace_id}
    return AskForm(
        offered, chosen, list_venues(include_inactive=False), initial=initial
    )


def _mark_chosen(
    form: AskForm, chosen: Sequence[MarketRow]
) -> list[tuple[MarketRow, bool]]:
    """Return each market that was chosen, and whether it still is."""
    ticked = {str(one) for one in form["markets"].value() or ()}
    return [(one, str(one.id) in ticked) for one in chosen]


def _carry(sent: QueryDict) -> str:
    kept = sent.copy()
    for name in list(kept):
        if name not in CARRIED:
            del kept[name]
    return kept.urlencode()
