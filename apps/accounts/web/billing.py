"""The pages of plans, payments and invoices.

Cards are never asked for here: buying and paying happen on the biller's own pages.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from apps.accounts.domain.roles import Power
from apps.accounts.domain.tiers import list_promises
from apps.accounts.pipelines.billing import (
    cancel_plan,
    change_plan,
    open_portal,
    resume_plan,
    start_checkout,
)
from apps.accounts.selectors.billing import (
    get_billing,
    is_set_up,
    list_plans,
    may_try,
    plans_of,
)
from apps.accounts.selectors.entitlements import list_tiers
from apps.accounts.selectors.workspaces import list_workspaces
from apps.accounts.viewers import actor_of, buyer_of, page_url, viewer_of, workspace_of
from apps.accounts.web.tabs import workspace_context

if TYPE_CHECKING:
    from uuid import UUID

    from django.http import HttpRequest, HttpResponse

    from apps.accounts.domain.tiers import Tier

VIEW = "workspace-billing"


@require_safe
def pricing_page(request: HttpRequest) -> HttpResponse:
    """Show what there is for which price, to anybody."""
    workspaces = [
        one for one in list_workspaces(viewer_of(request)) if one.allows(Power.BILLING)
    ]
    context = {
        "offers": [_offer(tier) for tier in list_tiers()],
        "is_set_up": is_set_up(),
        "workspaces": workspaces,
    }
    return render(request, "accounts/pricing.html", context)


@login_required
@require_safe
def billing_page(request: HttpRequest, workspace_id: UUID) -> HttpResponse:
    """Show an owner what the workspace pays for, and has paid."""
    workspace = workspace_of(request, workspace_id, needs=Power.BILLING)
    billing = get_billing(workspace_id, timezone.now())
    row = billing.subscription
    others = [
        plan
        for plan in list_plans()
        if row is None
        or (plan.tier.slug, plan.interval) != (row.tier.slug, row.interval)
    ]
    email = str(getattr(request.user, "email", ""))
    context = workspace_context(workspace, VIEW) | {
        "billing": billing,
        "row": row,
        "plans": list_plans(),
        "other_plans": others,
        "may_try": may_try(workspace_id, email, timezone.now()),
    }
    return render(request, "accounts/billing.html", context)


@login_required
@require_safe
def done_page(request: HttpRequest, workspace_id: UUID) -> HttpResponse:
    """Say what has come of a purchase so far; the biller's word is what counts."""
    workspace = workspace_of(request, workspace_id, needs=Power.BILLING)
    billing = get_billing(workspace_id, timezone.now())
    context = workspace_context(workspace, VIEW) | {
        "billing": billing,
        "row": billing.subscription,
        "is_told": billing.subscription is not None and billing.subscription.is_open,
    }
    return render(request, "accounts/billing_done.html", context)


@login_required
@require_safe
def left_page(request: HttpRequest, workspace_id: UUID) -> HttpResponse:
    """Say that nothing was bought."""
    workspace = workspace_of(request, workspace_id, needs=Power.BILLING)
    context = workspace_context(workspace, VIEW)
    return render(request, "accounts/billing_left.html", context)


@login_required
@require_POST
def checkout(request: HttpRequest, workspace_id: UUID) -> HttpResponse:
    """Lead to the page on which a plan is bought."""
    workspace_of(request, workspace_id, needs=Power.BILLING)
    url = start_checkout(
        buyer=buyer_of(request, workspace_id),
        tier=request.POST.get("tier", ""),
        interval=request.POST.get("interval", ""),
        clock=timezone.now,
    )
    return _lead_away(request, workspace_id, url)


@login_required
@require_POST
def portal(request: HttpRequest, workspace_id: UUID) -> HttpResponse:
    """Lead to the page where cards and invoices are seen to."""
    workspace_of(request, workspace_id, needs=Power.BILLING)
    url = open_portal(
        workspace_id=workspace_id, return_url=page_url(request, VIEW, workspace_id)
    )
    return _lead_away(request, workspace_id, url)


@login_required
@require_POST
def change(request: HttpRequest, workspace_id: UUID) -> HttpResponse:
    """Move to another plan."""
    workspace_of(request, workspace_id, needs=Power.BILLING)
    row = change_plan(
        workspace_id=workspace_id,
        tier=request.POST.get("tier", ""),
        interval=request.POST.get("interval", ""),
        actor=actor_of(request),
        clock=timezone.now,
    )
    messages.success(
        request, f"The plan is {row.tier.name} by the {row.interval} from now on."
    )
    return redirect(VIEW, workspace_id=workspace_id)


@login_required
@require_POST
def cancel(request: HttpRequest, workspace_id: UUID) -> HttpResponse:
    """Let the plan end with what is paid for."""
    workspace_of(request, workspace_id, needs=Power.BILLING)
    row = cancel_plan(
        workspace_id=workspace_id, actor=actor_of(request), clock=timezone.now
    )
    messages.success(
        request,
        f"The plan ends on {row.ends_at:%-d %B %Y}. Until then nothing changes, and "
        "nothing is deleted afterwards.",
    )
    return redirect(VIEW, workspace_id=workspace_id)


@login_required
@require_POST
def resume(request: HttpRequest, workspace_id: UUID) -> HttpResponse:
    """Take the planned end back."""
    workspace_of(request, workspace_id, needs=Power.BILLING)
    resume_plan(workspace_id=workspace_id, actor=actor_of(request), clock=timezone.now)
    messages.success(request, "The plan goes on.")
    return redirect(VIEW, workspace_id=workspace_id)


def _lead_away(request: HttpRequest, workspace_id: UUID, url: str) -> HttpResponse:
    """Show a page that goes on to the biller's.

    Not a redirect: browsers hold the target of a form to the page's policy, which
    knows no other site, whatever domain the biller's pages have.
    """
    context = {"url": url, "back": page_url(request, VIEW, workspace_id)}
    answer = render(request, "accounts/billing_away.html", context)
    answer.headers["Cache-Control"] = "no-store"
    return answer


def _offer(tier: Tier) -> dict[str, object]:
    return {
        "tier": tier,
        "plans": plans_of(tier),
        "included": list_promises(tier.granted),
    }
