"""The subscription of a workspace over the account API; owners only."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.accounts.domain.billing import Interval
from apps.accounts.domain.roles import Power
from apps.accounts.pipelines.billing import (
    cancel_plan,
    change_plan,
    open_portal,
    resume_plan,
    start_checkout,
)
from apps.accounts.selectors.billing import get_billing
from apps.accounts.viewers import actor_of, buyer_of, page_url, workspace_of
from apps.core.web.drf import StrictSerializer, read_body

if TYPE_CHECKING:
    from collections.abc import Mapping
    from uuid import UUID

    from rest_framework.request import Request

_MONEY: Mapping[str, Any] = {"max_digits": 14, "decimal_places": 2}
_INTERVALS = [one.value for one in Interval]


class PlanIn(StrictSerializer):
    """A tier, and how often it is paid."""

    tier = serializers.CharField(max_length=40)
    interval = serializers.ChoiceField(choices=_INTERVALS)


class PageOut(serializers.Serializer[Any]):
    """Where to go on: a page of Stripe."""

    url = serializers.URLField()


class SubscriptionOut(serializers.Serializer[Any]):
    """A subscription; `tier` is what it pays for, whether or not it counts now."""

    status = serializers.CharField()
    tier = serializers.CharField(source="tier.slug")
    interval = serializers.CharField()
    amount = serializers.DecimalField(allow_null=True, **_MONEY)
    currency = serializers.CharField(allow_blank=True)
    started_at = serializers.DateTimeField()
    trial_ends_at = serializers.DateTimeField(allow_null=True)
    current_period_end = serializers.DateTimeField()
    is_ending = serializers.BooleanField()
    ends_at = serializers.DateTimeField(allow_null=True)
    ended_at = serializers.DateTimeField(allow_null=True)
    past_due_since = serializers.DateTimeField(allow_null=True)
    grace_ends_at = serializers.DateTimeField(allow_null=True)
    has_tier = serializers.BooleanField()


class InvoiceOut(serializers.Serializer[Any]):
    """An invoice, and where it is read."""

    number = serializers.CharField(allow_blank=True)
    status = serializers.CharField(allow_blank=True)
    currency = serializers.CharField()
    total = serializers.DecimalField(**_MONEY)
    amount_due = serializers.DecimalField(**_MONEY)
    created_at = serializers.DateTimeField()
    page_url = serializers.CharField(allow_blank=True)
    pdf_url = serializers.CharField(allow_blank=True)


class BillingOut(serializers.Serializer[Any]):
    """What a workspace has and pays for; without Stripe nothing is for sale."""

    is_set_up = serializers.BooleanField()
    tier = serializers.CharField(source="tier.slug")
    subscription = SubscriptionOut(allow_null=True)
    invoices = InvoiceOut(many=True)
    waits_since = serializers.DateTimeField(allow_null=True)


class SubscriptionDetail(APIView):
    """What a workspace has and pays for."""

    serializer_class: ClassVar = BillingOut

    @extend_schema(operation_id="get_subscription", responses=BillingOut)
    def get(self, request: Request, workspace_id: UUID) -> Response:
        """Return the tier, the subscription and the invoices."""
        workspace_of(request, workspace_id, needs=Power.BILLING)
        billing = get_billing(workspace_id, timezone.now())
        return Response(BillingOut(billing).data)


class SubscriptionCheckout(APIView):
    """Buying a plan."""

    serializer_class: ClassVar = PlanIn

    @extend_schema(
        operation_id="start_checkout", request=PlanIn, responses={201: PageOut}
    )
    def post(self, request: Request, workspace_id: UUID) -> Response:
        """Return the page of Stripe on which a plan is bought."""
        workspace_of(request, workspace_id, needs=Power.BILLING)
        buyer = buyer_of(request, workspace_id)
        url = start_checkout(buyer=buyer, clock=timezone.now, **_plan_of(request))
        return _lead_to(url)


class SubscriptionPortal(APIView):
    """Cards, addresses and invoices."""

    @extend_schema(operation_id="open_portal", request=None, responses={201: PageOut})
    def post(self, request: Request, workspace_id: UUID) -> Response:
        """Return the page of Stripe where they are seen to."""
        workspace_of(request, workspace_id, needs=Power.BILLING)
        back = page_url(request, "workspace-billing", workspace_id)
        return _lead_to(open_portal(workspace_id=workspace_id, return_url=back))


class SubscriptionChange(APIView):
    """Another plan."""

    serializer_class: ClassVar = PlanIn

    @extend_schema(
        operation_id="change_plan", request=PlanIn, responses=SubscriptionOut
    )
    def post(self, request: Request, workspace_id: UUID) -> Response:
        """Move to another plan, prorated."""
        workspace_of(request, workspace_id, needs=Power.BILLING)
        row = change_plan(
            workspace_id=workspace_id,
            actor=actor_of(request),
            clock=timezone.now,
            **_plan_of(request),
        )
        return Response(SubscriptionOut(row).data)


class SubscriptionCancel(APIView):
    """The end of a plan."""

    @extend_schema(operation_id="cancel_plan", request=None, responses=SubscriptionOut)
    def post(self, request: Request, workspace_id: UUID) -> Response:
        """Let it end with what is paid for."""
        workspace_of(request, workspace_id, needs=Power.BILLING)
        row = cancel_plan(
            workspace_id=workspace_id, actor=actor_of(request), clock=timezone.now
        )
        return Response(SubscriptionOut(row).data)


class SubscriptionResume(APIView):
    """A plan that goes on."""

    @extend_schema(operation_id="resume_plan", request=None, responses=SubscriptionOut)
    def post(self, request: Request, workspace_id: UUID) -> Response:
        """Take its planned end back."""
        workspace_of(request, workspace_id, needs=Power.BILLING)
        row = resume_plan(
            workspace_id=workspace_id, actor=actor_of(request), clock=timezone.now
        )
        return Response(SubscriptionOut(row).data)


def _plan_of(request: Request) -> dict[str, str]:
    asked = read_body(PlanIn, request)
    return {name: str(asked[name]) for name in ("tier", "interval")}


def _lead_to(url: str) -> Response:
    return Response(PageOut({"url": url}).data, status=status.HTTP_201_CREATED)
