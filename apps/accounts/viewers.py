"""Who sends a request: the same to every interface."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Any, TypedDict

from django.urls import reverse
from django.utils import timezone

from apps.accounts.domain.audit import Actor
from apps.accounts.domain.roles import Power
from apps.accounts.domain.tiers import EVERYTHING, Entitlement, require_history
from apps.accounts.pipelines.billing import Buyer
from apps.accounts.selectors.entitlements import list_tiers
from apps.accounts.selectors.signed_in import find_signed_in
from apps.accounts.selectors.workspaces import (
    Viewer,
    WorkspaceRow,
    get_viewer,
    get_workspace,
    list_workspaces,
)
from apps.accounts.services.admission import entitlements_of_person
from apps.core.errors import (
    ForbiddenError,
    InvalidInputError,
    UnauthenticatedError,
)
from apps.core.web.addresses import client_address

if TYPE_CHECKING:
    from collections.abc import MutableMapping
    from datetime import datetime
    from uuid import UUID

    from django.http import HttpRequest
    from rest_framework.request import Request

    from apps.accounts.domain.admission import Admission
    from apps.accounts.domain.tiers import Entitlements

# Where the gate leaves what it found, out of reach of any header.
ADMISSION = "assay.admission"
ENTITLEMENTS = "assay.entitlements"


class Acting(TypedDict):
    """What every service wants to know of a request."""

    viewer: Viewer
    actor: Actor
    now: datetime


def admission_of(request: HttpRequest | Request) -> Admission | None:
    """Return how the gate let a call in; None for pages, which have no gate."""
    admission: Admission | None = request.META.get(ADMISSION)
    return admission


def viewer_of(request: HttpRequest | Request) -> Viewer:
    """Return the viewer behind a request: its key, or whoever is signed in."""
    admission = admission_of(request)
    if admission is not None and admission.identity.key_id is not None:
        return viewer_of_key(admission)
    return get_viewer(request.user, timezone.now())


def somebody_of(request: HttpRequest | Request) -> Viewer:
    """Return the viewer behind a request, if it is anybody.

    Raises:
        UnauthenticatedError: nobody is signed in, and no key was sent.
    """
    viewer = viewer_of(request)
    if viewer.user_id is None and viewer.key_id is None:
        raise UnauthenticatedError("Sign in, or send an API key.")
    return viewer


def viewer_of_key(admission: Admission) -> Viewer:
    """Return the viewer that a key is: it sees what belongs to its workspace."""
    identity = admission.identity
    if identity.workspace_id is None:
        return Viewer(key_id=identity.key_id)
    return Viewer(
        workspace_ids=(identity.workspace_id,),
        roles=MappingProxyType({identity.workspace_id: identity.role}),
        key_id=identity.key_id,
        granted=MappingProxyType(
            {identity.workspace_id: admission.entitlements.granted}
        ),
    )


def viewer_still(scope: MutableMapping[str, Any], now: datetime) -> Viewer:
    """Return the viewer whose connection goes on, with what they belong to by now.

    Raises:
        UnauthenticatedError: whoever connected is not signed in any more.
    """
    user = find_signed_in(scope["session"].session_key, now)
    if user.pk != scope["user"].pk:
        raise UnauthenticatedError("Whoever connected is not signed in any more.")
    return get_viewer(user, now)


def entitlements_of(request: HttpRequest | Request, now: datetime) -> Entitlements:
    """Return what whoever asks is entitled to: a key's workspace, a person's best."""
    found: Entitlements | None = request.META.get(ENTITLEMENTS)
    if found is None:
        found = request.META[ENTITLEMENTS] = _find_entitlements(request, now)
    return found


def _find_entitlements(request: HttpRequest | Request, now: datetime) -> Entitlements:
    admission = admission_of(request)
    if admission is not None and admission.identity.key_id is not None:
        return admission.entitlements
    user = request.user
    is_known = user.is_authenticated and user.is_active
    if is_known and user.is_staff:
        return EVERYTHING
    if admission is not None:
        return admission.entitlements
    return entitlements_of_person(user.pk if is_known else None, now)


def require_days(request: HttpRequest | Request, days: float, now: datetime) -> None:
    """Pass where whoever asks may look so many days back.

    Raises:
        EntitlementError: their tier does not show them; it names one that does.
    """
    entitled = entitlements_of(request, now)
    if entitled.history_days is not None and days > entitled.history_days:
        require_history(entitled, days, list_tiers())


# A page of more items is a bulk export.
MOST_WITHOUT_BULK = 100


def require_bulk(
    request: HttpRequest | Request,
    items: int,
    now: datetime,
    *,
    free: int = MOST_WITHOUT_BULK,
) -> None:
    """Pass where whoever asks may have so many items at once.

    Raises:
        EntitlementError: it is a bulk export, which their tier does not include.
    """
    if items > free:
        entitlements_of(request, now).require(Entitlement.BULK_EXPORTS)


def staff_of(request: HttpRequest) -> Viewer:
    """Return the viewer behind a request that only staff may make.

    Raises:
        ForbiddenError: this is somebody else.
    """
    viewer = viewer_of(request)
    if not viewer.is_staff:
        raise ForbiddenError("Only staff of this installation may do that.")
    return viewer


def workspace_of(
    request: HttpRequest | Request, workspace_id: UUID, *, needs: Power = Power.VIEW
) -> WorkspaceRow:
    """Return the workspace of an address to a member who may do this with it.

    Raises:
        ForbiddenError: the member's role does not allow it.
        NotFoundError: whoever asks is no member.
    """
    return get_workspace(viewer_of(request), workspace_id, needs=needs)


def actor_of(request: HttpRequest | Request) -> Actor:
    """Return whoever sends a request, as the audit log names them.

    That is the operator, where one looks as another person.
    """
    ip = client_address(request)
    admission = admission_of(request)
    if admission is not None and admission.identity.key_id is not None:
        return Actor(label="API key", ip=ip, key_id=admission.identity.key_id)
    user = getattr(request, "operator", request.user)
    if not user.is_authenticated:
        return Actor(ip=ip)
    return Actor(user_id=user.pk, label=str(user), ip=ip)


def acting(request: HttpRequest | Request) -> Acting:
    """Return who acts, as services and the audit log name them, and when."""
    now = timezone.now()  # for interfaces: the one `now` of a request
    return Acting(viewer=viewer_of(request), actor=actor_of(request), now=now)


def page_url(request: HttpRequest | Request, view: str, workspace_id: UUID) -> str:
    """Return the whole address of a workspace's page, for who leaves and comes back."""
    path = reverse(view, kwargs={"workspace_id": workspace_id})
    return request.build_absolute_uri(path)


def buyer_of(request: HttpRequest | Request, workspace_id: UUID) -> Buyer:
    """Return whoever sends a request, as one who buys for a workspace."""
    return Buyer(
        workspace_id=workspace_id,
        email=str(getattr(request.user, "email", "")),
        done_url=page_url(request, "billing-done", workspace_id),
        left_url=page_url(request, "billing-left", workspace_id),
    )


def workspace_for(
    request: HttpRequest, named: UUID | None, *, needs: Power
) -> WorkspaceRow:
    """Return the workspace that a request acts for: the one it names, or its only one.

    Raises:
        ForbiddenError: the member's role does not allow it.
        InvalidInputError: there are several, and none is named.
        NotFoundError: whoever asks is no member of the one that is named.
        UnauthenticatedError: nobody in particular asks.
    """
    viewer = viewer_of(request)
    rows = list_workspaces(viewer)
    if not rows:
        raise UnauthenticatedError("Sign in, or send an API key.")
    if named is None and len(rows) > 1:
        known = ", ".join(f"{row.id} ({row.name})" for row in rows)
        raise InvalidInputError(f"workspace: name one of yours: {known}.")
    return get_workspace(viewer, named or rows[0].id, needs=needs)
