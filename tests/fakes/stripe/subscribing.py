"""Subscriptions: their beginning, changes with proration, renewals and end."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.fakes.stripe import shapes_of_sales
from tests.fakes.stripe.books import add_interval
from tests.fakes.stripe.invoicing import charge, draw_up, line_for
from tests.fakes.stripe.refusals import Refusal, declined, invalid
from tests.fakes.stripe.shapes import DAY, listing

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.fakes.stripe.books import Books
    from tests.fakes.stripe.shapes import Object

OVER = ("canceled", "incomplete_expired")


def begin(
    books: Books,
    customer: Object,
    price: Object,
    *,
    trial_days: int = 0,
    metadata: dict[str, str] | None = None,
    taxed: bool = False,
    discounts: list[Object] | None = None,
) -> Object:
    """Start a subscription now, and charge for it unless a trial comes first."""
    now = books.now(customer)
    name = books.new_id("subscription")
    trial_end = now + trial_days * DAY if trial_days else None
    recurring = price["recurring"]
    end = trial_end or add_interval(
        now, recurring["interval"], recurring["interval_count"]
    )
    item = shapes_of_sales.item(
        books.new_id("subscription_item"), name, price, (now, end)
    )
    made = books.keep(
        shapes_of_sales.subscription(
            name,
            now,
            taxed=taxed,
            customer=customer["id"],
            currency=price["currency"],
            items=listing([item], f"/v1/subscription_items?subscription={name}"),
            metadata=metadata or {},
            billing_cycle_anchor=end if trial_end else now,
            status="trialing" if trial_end else "incomplete",
            trial_start=now if trial_end else None,
            trial_end=trial_end,
            test_clock=customer["test_clock"],
            discounts=discounts or [],
        )
    )
    amount = 0 if trial_end else price["unit_amount"]
    line = line_for(books, made, item, amount, words="Plan", period=(now, end))
    invoice = draw_up(books, made, [line], "subscription_create")
    if charge(books, invoice) and not trial_end:
        made["status"] = "active"
    books.tell("customer.subscription.created", made)
    return made


def update(books: Books, subscription: Object, given: dict[str, Any]) -> Object:
    """Change a subscription as asked."""
    if subscription["status"] in OVER:
        raise Refusal(
            "A canceled subscription can only update its cancellation_details and "
            "metadata.",
            code="resource_missing" if subscription["status"] == OVER[1] else None,
        )
    if "cancel_at_period_end" in given and "cancel_at" in given:
        raise invalid("cancel_at", "Only one of cancel_at and cancel_at_period_end.")
    for item in given.get("items", []):
        _change_item(books, subscription, item, given)
    if "cancel_at_period_end" in given:
        _plan_end(books, subscription, at_end=given["cancel_at_period_end"])
    if "cancel_at" in given:
        subscription["cancel_at"] = given["cancel_at"] or None
        subscription["cancel_at_period_end"] = False
        _note_cancellation(books, subscription, asked=bool(given["cancel_at"]))
    subscription["metadata"] |= given.get("metadata", {})
    books.tell("customer.subscription.updated", subscription)
    return subscription


def cancel(books: Books, subscription: Object, reason: str) -> Object:
    """End a subscription now."""
    if subscription["status"] in OVER:
        raise Refusal(
            f"No such subscription: '{subscription['id']}'",
            status=404,
            code="resource_missing",
            param="id",
        )
    customer = books.get("customer", subscription["customer"])
    now = books.now(customer)
    subscription |= {
        "status": "canceled",
        "ended_at": now,
        "canceled_at": subscription["canceled_at"] or now,
    }
    subscription["cancellation_details"]["reason"] = reason
    books.tell("customer.subscription.deleted", subscription)
    return subscription


def _plan_end(books: Books, subscription: Object, *, at_end: bool) -> None:
    end = subscription["items"]["data"][0]["current_period_end"]
    subscription["cancel_at_period_end"] = at_end
    subscription["cancel_at"] = end if at_end else None
    _note_cancellation(books, subscription, asked=at_end)


def _note_cancellation(books: Books, subscription: Object, *, asked: bool) -> None:
    customer = books.get("customer", subscription["customer"])
    subscription["canceled_at"] = books.now(customer) if asked else None
    reason = "cancellation_requested" if asked else None
    subscription["cancellation_details"]["reason"] = reason


def _change_item(
    books: Books, subscription: Object, given: dict[str, Any], options: dict[str, Any]
) -> None:
    item = _find_item(subscription, given)
    old, new = item["price"], books.get("price", given["price"], "items[0][price]")
    if not new["active"]:
        raise invalid("items[0][price]", f"The price {new['id']} is inactive.")
    if old["id"] == new["id"]:
        return
    before = dict(item), subscription["billing_cycle_anchor"]
    item["price"], item["plan"] = new, shapes_of_sales.plan(new)
    if subscription["status"] == "trialing":
        return
    lines = _prorate(books, subscription, item, old, new)
    behavior = options.get("proration_behavior", "create_prorations")
    moved = old["recurring"]["interval"] != new["recurring"]["interval"]
    if behavior == "none":
        lines = lines[-1:] if moved else []
    if not moved and behavior != "always_invoice":
        books.pending_lines.setdefault(subscription["id"], []).extend(lines)
        return
    customer = books.get("customer", subscription["customer"])
    balance = customer["balance"]
    invoice = draw_up(books, subscription, lines, "subscription_update")
    if charge(books, invoice):
        return
    if options.get("payment_behavior") == "error_if_incomplete":
        item.clear()
        item |= before[0]
        subscription["billing_cycle_anchor"] = before[1]
        customer["balance"] = balance
        invoice["status"] = "void"
        raise declined()
    subscription["status"] = "past_due"


def _find_item(subscription: Object, given: dict[str, Any]) -> Object:
    for item in subscription["items"]["data"]:
        if item["id"] == given.get("id"):
            found: Object = item
            return found
    raise Refusal(
        f"No such subscription_item: '{given.get('id')}'",
        status=404,
        code="resource_missing",
        param="items[0][id]",
    )


def _prorate(
    books: Books, subscription: Object, item: Object, old: Object, new: Object
) -> list[Object]:
    """Return a credit for what is unused, and what the new price takes.

    A new interval begins a new period at once; within one interval only the rest of
    the running period is charged.
    """
    now = books.now(books.get("customer", subscription["customer"]))
    start, end = item["current_period_start"], item["current_period_end"]
    rest = max(0.0, (end - now) / (end - start))
    recurring = new["recurring"]
    amount = round(new["unit_amount"] * rest)
    period = (now, end)
    is_new_interval = old["recurring"]["interval"] != recurring["interval"]
    if is_new_interval:
        period = (now, add_interval(now, recurring["interval"]))
        item["current_period_start"], item["current_period_end"] = period
        subscription["billing_cycle_anchor"] = now
        amount = new["unit_amount"]
    credit = line_for(
        books,
        subscription,
        item,
        -round(old["unit_amount"] * rest),
        words="Unused time",
        period=(now, end),
        proration=True,
    )
    cost = line_for(
        books,
        subscription,
        item,
        amount,
        words="Plan",
        period=period,
        proration=not is_new_interval,
    )
    return [credit, cost]


def next_step(subscription: Object) -> tuple[int, Callable[..., None]] | None:
    """Return when something happens by itself to a subscription, and what."""
    if subscription["status"] not in {"trialing", "active", "past_due"}:
        return None
    end = subscription["items"]["data"][0]["current_period_end"]
    cancel_at = subscription["cancel_at"]
    if cancel_at is not None and cancel_at <= end:
        return cancel_at, _end
    return end, _renew


def _end(books: Books, subscription: Object) -> None:
    cancel(books, subscription, "cancellation_requested")


def _renew(books: Books, subscription: Object) -> None:
    item = subscription["items"]["data"][0]
    price, start = item["price"], item["current_period_end"]
    recurring = price["recurring"]
    end = add_interval(start, recurring["interval"], recurring["interval_count"])
    item["current_period_start"], item["current_period_end"] = start, end
    line = line_for(
        books,
        subscription,
        item,
        price["unit_amount"],
        words="Plan",
        period=(start, end),
    )
    invoice = draw_up(books, subscription, [line], "subscription_cycle")
    if not charge(books, invoice):
        subscription["status"] = "past_due"
    elif subscription["status"] == "trialing":
        subscription["status"] = "active"
    books.tell("customer.subscription.updated", subscription)


def advance(books: Books, until: int, customers: set[str] | None = None) -> None:
    """Let time pass: everything that falls due happens, in its order."""
    while True:
        due = [
            (step[0], one, step[1])
            for one in reversed(books.all("subscription"))
            if customers is None or one["customer"] in customers
            if (step := next_step(one)) is not None and step[0] <= until
        ]
        if not due:
            return
        moment, subscription, happen = min(due, key=lambda found: found[0])
        books.at = moment
        try:
            happen(books, subscription)
        finally:
            books.at = None
