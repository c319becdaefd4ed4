"""What a workspace's owner asks of the biller.

The biller is asked outside any transaction. Whatever it answers is looked at anew and
goes into the mirror by the same door as its events.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import structlog

from apps.accounts.domain.audit import Act
from apps.accounts.domain.billing import (
    CheckoutOrder,
    KeyTakenError,
    MissingError,
    NotSetUpError,
)
from apps.accounts.gateways.biller import NOT_SET_UP, open_biller
from apps.accounts.models import OPEN
from apps.accounts.pipelines.looks import look_at_subscription
from apps.accounts.selectors import billing as selectors
from apps.accounts.services import billing_customers as customers
from apps.accounts.services.audit import record
from apps.core.errors import (
    AppError,
    ConflictError,
    ForbiddenError,
    NotFoundError,
    UpstreamError,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime
    from uuid import UUID

    from apps.accounts.domain.audit import Actor
    from apps.accounts.domain.billing import SeenCheckout, SeenPrice
    from apps.accounts.gateways.biller import Biller
    from apps.accounts.selectors.billing import Plan, SubscriptionRow
    from apps.accounts.services.billing_customers import CustomerRow

    Clock = Callable[[], datetime]

logger = structlog.get_logger(__name__)

CURRENCY = "usd"
HAS_ONE = (
    "This workspace has a subscription already. Change its plan instead: a second one "
    "would be paid beside it."
)

TO_BE_DELETED = "This workspace is to be deleted: keep it first, then buy a plan."


@dataclass(frozen=True, slots=True)
class Buyer:
    """Who buys for which workspace, and where they go afterwards."""

    workspace_id: UUID
    email: str
    done_url: str
    left_url: str


def start_checkout(*, buyer: Buyer, tier: str, interval: str, clock: Clock) -> str:
    """Return the address of the biller's page on which a plan is bought.

    Asking twice for the same gives the same page; asking for another plan closes the
    page of the first.

    Raises:
        ForbiddenError: no person asks, but a key.
        InvalidInputError: there is no such plan.
        ConflictError: the workspace has a subscription or is to be deleted, or the
            price at the biller is not the one that is shown here.
        NotSetUpError, UpstreamError: the biller is missing, down or refuses.
    """
    biller = _open()
    if not buyer.email:
        raise ForbiddenError("A person buys, and not a key: receipts need an address.")
    plan = selectors.get_plan(tier, interval)
    _refuse_doomed(buyer.workspace_id)
    _refuse_second(buyer.workspace_id, clock())
    price = _find_price(biller, plan)
    customer = _ensure_customer(biller, buyer, clock)
    _refuse_unheard(biller, customer, clock)
    customer = _close_anothers_trial(biller, customer, buyer.email)
    trial = customers.promise_trial(row=customer, email=buyer.email, now=clock())
    order = CheckoutOrder(
        customer_id=customer.stripe_id,
        price_id=price.id,
        workspace=str(buyer.workspace_id),
        success_url=buyer.done_url,
        cancel_url=buyer.left_url,
        trial_days=plan.tier.trial_days if trial else 0,
    )
    return _open_page(biller, customer, order, clock)


def open_portal(*, workspace_id: UUID, return_url: str) -> str:
    """Return the address where cards, addresses and invoices are seen to.

    Raises:
        NotFoundError: the workspace has never bought anything.
    """
    biller = _open()
    customer = customers.find_customer(workspace_id=workspace_id)
    if customer is None or not customer.stripe_id:
        raise NotFoundError("This workspace has never bought anything.")
    return biller.open_portal(customer.stripe_id, return_url=return_url)


def change_plan(
    *, workspace_id: UUID, tier: str, interval: str, actor: Actor, clock: Clock
) -> SubscriptionRow:
    """Move the subscription to another plan, prorated; return how it stands.

    Raises:
        NotFoundError: there is no subscription.
        ConflictError: it has that plan, or a payment is missing or declined.
        InvalidInputError: there is no such plan.
    """
    biller = _open()
    plan = selectors.get_plan(tier, interval)
    row = selectors.get_open_subscription(workspace_id, clock())
    if not row.may_move:
        raise ConflictError(
            f"The subscription is {row.status_words.lower()}: settle what is open in "
            "the customer portal, then change the plan."
        )
    price = _find_price(biller, plan)
    seen = biller.get_subscription(row.stripe_id)
    if seen.price.id == price.id:
        raise ConflictError(f"That is the plan already: {_name(plan)}.")
    biller.change_price(seen, price.id)
    details = {"from": f"{row.tier.name} by the {row.interval}", "to": _name(plan)}
    _record(Act.PLAN_CHANGED, actor, workspace_id, row, clock, details)
    return _look_again(biller, row, workspace_id, clock)


def cancel_plan(*, workspace_id: UUID, actor: Actor, clock: Clock) -> SubscriptionRow:
    """Let the subscription end with its period; canceling twice changes nothing."""
    biller = _open()
    row = selectors.get_open_subscription(workspace_id, clock())
    seen = biller.get_subscription(row.stripe_id)
    if not seen.cancel_at_period_end and seen.ends_at is None:
        biller.cancel_at_period_end(seen)
        _record(Act.PLAN_CANCELED, actor, workspace_id, row, clock)
    return _look_again(biller, row, workspace_id, clock)


def resume_plan(*, workspace_id: UUID, actor: Actor, clock: Clock) -> SubscriptionRow:
    """Take a planned end back; where none is planned nothing changes."""
    biller = _open()
    row = selectors.get_open_subscription(workspace_id, clock())
    seen = biller.get_subscription(row.stripe_id)
    if seen.cancel_at_period_end or seen.ends_at is not None:
        biller.resume(seen)
        _record(Act.PLAN_RESUMED, actor, workspace_id, row, clock)
    return _look_again(biller, row, workspace_id, clock)


def end_all(*, workspace_id: UUID, clock: Clock) -> int:
    """End a workspace's subscriptions at once, as before it is deleted.

    Pages on which something can still be bought are closed first. Returns how many
    were ended. Running it again ends what is left.
    """
    _close_pages(workspace_id)
    rows = selectors.list_subscriptions(workspace_id, clock())
    live = [row for row in rows if row.is_open]
    if not live:
        return 0
    biller = _open()
    for row in live:
        biller.cancel_now(row.stripe_id)
        look_at_subscription(biller, row.stripe_id, clock)
    return len(live)


def end_doomed(*, clock: Clock) -> int:
    """End what workspaces pay that are due to be deleted; return how many ended.

    One that fails is tried again by the next call, and stays until then.
    """
    ended = 0
    for workspace_id in selectors.list_doomed(clock()):
        try:
            if workspace_id not in selectors.list_doomed(clock()):
                continue  # kept, while others were ended
            ended += end_all(workspace_id=workspace_id, clock=clock)
        except AppError as error:
            logger.warning("not_ended", workspace=str(workspace_id), error=str(error))
    return ended


def _close_pages(workspace_id: UUID) -> None:
    biller = open_biller()
    customer = customers.find_customer(workspace_id=workspace_id)
    if customer is None or not customer.stripe_id or not biller.is_set_up:
        return
    try:
        _keep_one_page(biller, customer, "")
    except MissingError:  # the customer is gone there, and its pages with it
        return


def _open() -> Biller:
    biller = open_biller()
    if not biller.is_set_up:
        raise NotSetUpError(NOT_SET_UP)
    return biller


def _refuse_doomed(workspace_id: UUID) -> None:
    if selectors.is_to_be_deleted(workspace_id):
        raise ConflictError(TO_BE_DELETED)


def _refuse_second(workspace_id: UUID, now: datetime) -> None:
    rows = selectors.list_subscriptions(workspace_id, now)
    if any(row.is_open for row in rows):
        raise ConflictError(HAS_ONE)


def _refuse_unheard(biller: Biller, customer: CustomerRow, clock: Clock) -> None:
    """Refuse where something was bought of which no event has told yet."""
    for seen in biller.list_subscriptions(customer.stripe_id):
        if seen.status in OPEN:
            look_at_subscription(biller, seen.id, clock)
            raise ConflictError(HAS_ONE)


def _find_price(biller: Biller, plan: Plan) -> SeenPrice:
    """Return the price of a plan; nobody pays another than the one that is shown."""
    found = biller.find_prices([plan.lookup_key])
    if not found:
        raise UpstreamError(
            f"Stripe has no price under the lookup key {plan.lookup_key}: the operator "
            "of this installation has to make it.",
            retryable=False,
        )
    price = found[0]
    shown = (plan.price, CURRENCY, plan.interval.value)
    if (price.amount, price.currency, price.interval) != shown:
        raise ConflictError(
            f"The price of {_name(plan)} at Stripe is not the one shown here. Nothing "
            "can be bought until the operator of this installation has put that right."
        )
    return price


def _ensure_customer(biller: Biller, buyer: Buyer, clock: Clock) -> CustomerRow:
    """Return the workspace's customer, made at the biller where there is none.

    The row comes first. If its making was begun before and its answer lost, the
    biller's own list is searched, since idempotency keys are forgotten after a day.
    """
    row = customers.ensure_customer(
        workspace_id=buyer.workspace_id, email=buyer.email, now=clock()
    )
    if row.stripe_id:
        return _renew_if_deleted(biller, row)
    if not row.is_new:
        for found in biller.list_customers(row.email):
            if found.workspace == str(row.workspace_id):
                return customers.name_customer(row=row, stripe_id=found.id)
    made = biller.create_customer(
        email=row.email, workspace=str(row.workspace_id), key=row.key("customer")
    )
    return customers.name_customer(row=row, stripe_id=made.id)


def _renew_if_deleted(biller: Biller, row: CustomerRow) -> CustomerRow:
    try:
        is_deleted = biller.get_customer(row.stripe_id).is_deleted
    except MissingError as error:
        raise ConflictError(
            "Stripe does not know this workspace's customer: was the key changed to "
            "that of another account? The operator of this installation has to look."
        ) from error
    if not is_deleted:
        return row
    customers.forget_customer(stripe_id=row.stripe_id)
    made = biller.create_customer(
        email=row.email,
        workspace=str(row.workspace_id),
        key=f"{row.key('customer')}-anew",
    )
    return customers.name_customer(row=row, stripe_id=made.id)


def _close_anothers_trial(
    biller: Biller, customer: CustomerRow, email: str
) -> CustomerRow:
    """Close a page that promises a trial to another person than whoever buys now."""
    if customer.trial_email.lower() not in {"", email.lower()}:
        _, customer = _keep_one_page(biller, customer, "")
    return customer


def _open_page(
    biller: Biller, customer: CustomerRow, order: CheckoutOrder, clock: Clock
) -> str:
    """Return the one page on which the customer can buy, and this order it is."""
    page, customer = _keep_one_page(biller, customer, order.price_id)
    if page is None:
        try:
            page = _create_page(biller, customer, order)
        except KeyTakenError:  # another order was made at the same time
            customer = customers.close_checkout(row=customer)
            _, customer = _keep_one_page(biller, customer, "")
            page = _create_page(biller, customer, order)
    if not page.url:  # made long ago, its answer lost, and over by now
        customer = customers.close_checkout(row=customer)
        page = _create_page(biller, customer, order)
    customers.note_checkout(row=customer, checkout_id=page.id, now=clock())
    return page.url


def _keep_one_page(
    biller: Biller, customer: CustomerRow, price_id: str
) -> tuple[SeenCheckout | None, CustomerRow]:
    """Return the open page that sells a price, and close all others.

    Where none stays, the next one is made under a new key.
    """
    kept, closed = None, False
    for page in biller.list_open_checkouts(customer.stripe_id):
        if kept is None and page.price_id == price_id:
            kept = page
        else:
            biller.expire_checkout(page.id)
            closed = True
    if kept is None and (closed or customer.checkout_id):
        customer = customers.close_checkout(row=customer)
    return kept, customer


def _create_page(
    biller: Biller, customer: CustomerRow, order: CheckoutOrder
) -> SeenCheckout:
    """Make a page, or find the one whose answer was lost, as it is now."""
    made = biller.create_checkout(order, key=customer.key("checkout"))
    return biller.get_checkout(made.id)


def _record(
    act: Act,
    actor: Actor,
    workspace_id: UUID,
    row: SubscriptionRow,
    clock: Clock,
    details: Mapping[str, object] | None = None,
) -> None:
    """Put on record who ordered it; what became of it is on record by itself."""
    record(
        act=act,
        actor=actor,
        now=clock(),
        workspace_id=workspace_id,
        subject=row.stripe_id,
        details=details,
    )


def _look_again(
    biller: Biller, row: SubscriptionRow, workspace_id: UUID, clock: Clock
) -> SubscriptionRow:
    """Bring the mirror up to date; if that fails now, an event will do it."""
    try:
        look_at_subscription(biller, row.stripe_id, clock)
    except UpstreamError as error:
        logger.warning("look_failed", subscription=row.stripe_id, error=str(error))
    for found in selectors.list_subscriptions(workspace_id, clock()):
        if found.stripe_id == row.stripe_id:
            return found
    return row


def _name(plan: Plan) -> str:
    return f"{plan.tier.name} by the {plan.interval.value}"
