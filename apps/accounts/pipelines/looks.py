"""Looking at the biller: what is there now goes into the mirror."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

from apps.accounts.domain.billing import MissingError
from apps.accounts.selectors.billing import find_workspace, lacks_customer
from apps.accounts.services import mirror
from apps.accounts.services.billing_customers import adopt_customer, forget_customer

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from apps.accounts.domain.billing import SeenCustomer
    from apps.accounts.gateways.biller import Biller

    Clock = Callable[[], datetime]


def look_at_subscription(biller: Biller, stripe_id: str, clock: Clock) -> bool:
    """Bring one subscription up to date; return whether it is a workspace's."""
    look = mirror.begin_look()
    try:
        seen = biller.get_subscription(stripe_id)
    except MissingError:
        return mirror.close_subscription(stripe_id=stripe_id, look=look, now=clock())
    workspace_id = find_or_adopt(biller, seen.customer_id)
    if workspace_id is None:
        return False
    mirror.store_subscription(
        workspace_id=workspace_id, seen=seen, look=look, now=clock()
    )
    return True


def look_at_invoice(biller: Biller, stripe_id: str) -> bool:
    """Bring one invoice up to date; return whether it is a workspace's."""
    look = mirror.begin_look()
    try:
        seen = biller.get_invoice(stripe_id)
    except MissingError:  # a draft that was deleted
        return False
    workspace_id = find_or_adopt(biller, seen.customer_id)
    if workspace_id is None:
        return False
    mirror.store_invoice(workspace_id=workspace_id, seen=seen, look=look)
    return True


def look_at_customer(biller: Biller, stripe_id: str) -> bool:
    """See whether a customer is still there; return whether it is a workspace's."""
    if find_workspace(stripe_id) is None:
        return find_or_adopt(biller, stripe_id) is not None
    if biller.get_customer(stripe_id).is_deleted:
        forget_customer(stripe_id=stripe_id)
    return True


def find_or_adopt(biller: Biller, customer_id: str) -> UUID | None:
    """Return the workspace of a customer, None where it is somebody else's.

    A customer that we made and did not live to store says itself whose it is.
    """
    found = find_workspace(customer_id)
    if found is not None or not customer_id:
        return found
    try:
        return adopt(biller.get_customer(customer_id))
    except MissingError:
        return None


def is_adoptable(customer: SeenCustomer) -> bool:
    """Return whether a customer says that it is a workspace's which has none."""
    try:
        workspace_id = UUID(customer.workspace)
    except ValueError:
        return False
    return not customer.is_deleted and lacks_customer(workspace_id)


def adopt(customer: SeenCustomer) -> UUID | None:
    """Store whose a customer is, where it says so and its workspace has none."""
    if not is_adoptable(customer):
        return None
    workspace_id = UUID(customer.workspace)
    taken = adopt_customer(
        workspace_id=workspace_id, stripe_id=customer.id, email=customer.email
    )
    return workspace_id if taken else None
