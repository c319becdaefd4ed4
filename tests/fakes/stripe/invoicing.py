"""Invoices: what is owed, discounted, taxed, drawn from the balance, and paid."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.fakes.stripe import shapes_of_sales
from tests.fakes.stripe.refusals import Refusal, declined

if TYPE_CHECKING:
    from tests.fakes.stripe.books import Books
    from tests.fakes.stripe.shapes import Object

_RETRY_AFTER = 3 * 24 * 3600


def line_for(
    books: Books,
    subscription: Object,
    item: Object,
    amount: int,
    *,
    words: str,
    period: tuple[int, int],
    proration: bool = False,
) -> Object:
    """Return a line for an item of a subscription; its invoice is named later."""
    return shapes_of_sales.line(
        books.new_id("line_item"),
        "",
        amount,
        currency=subscription["currency"],
        description=words,
        proration=proration,
        subscription=subscription["id"],
        subscription_item=item["id"],
        start=period[0],
        end=period[1],
    )


def draw_up(
    books: Books, subscription: Object, lines: list[Object], reason: str
) -> Object:
    """Make an open invoice of lines and those that were waiting for it."""
    customer = books.get("customer", subscription["customer"])
    lines = [*books.pending_lines.pop(subscription["id"], []), *lines]
    name = books.new_id("invoice")
    for one in lines:
        one["invoice"] = name
    subtotal = sum(one["amount"] for one in lines)
    off = _discount(books, subscription, subtotal)
    taxed = subscription["automatic_tax"]["enabled"]
    tax = max(0, subtotal - off) * (books.tax_percent if taxed else 0) // 100
    total = subtotal - off + tax
    starting = customer["balance"]
    due = max(0, total + starting)
    customer["balance"] = min(0, total + starting)
    now = books.now(customer)
    made = books.keep(
        shapes_of_sales.invoice(
            name,
            now,
            lines=lines,
            taxed=taxed,
            subscription=subscription["id"],
            customer=customer["id"],
            customer_email=customer["email"],
            customer_name=customer["name"],
            currency=subscription["currency"],
            billing_reason=reason,
            subtotal=subtotal,
            subtotal_excluding_tax=subtotal,
            total=total,
            total_excluding_tax=total - tax,
            amount_due=due,
            amount_remaining=due,
            starting_balance=starting,
            ending_balance=customer["balance"],
        )
    )
    made["total_discount_amounts"] = [{"amount": off, "discount": "di"}] if off else []
    made["total_taxes"] = [{"amount": tax, "tax_behavior": "exclusive"}] if tax else []
    books.tell("invoice.created", made)
    _finalize(books, made, customer, now)
    subscription["latest_invoice"] = name
    return made


def _finalize(books: Books, invoice: Object, customer: Object, now: int) -> None:
    number = customer["next_invoice_sequence"]
    customer["next_invoice_sequence"] = number + 1
    page = f"{books.url}/i/{invoice['id']}"
    invoice |= {
        "status": "open",
        "number": f"{customer['invoice_prefix']}-{number:04}",
        "hosted_invoice_url": page,
        "invoice_pdf": f"{page}/pdf",
        "effective_at": now,
    }
    invoice["status_transitions"]["finalized_at"] = now
    books.tell("invoice.finalized", invoice)


def charge(books: Books, invoice: Object) -> bool:
    """Try to collect what is due; return whether the invoice is paid now."""
    customer = books.get("customer", invoice["customer"])
    now = books.now(customer)
    invoice["attempted"] = True
    if invoice["amount_remaining"]:
        invoice["attempt_count"] += 1
        has_card = customer["invoice_settings"]["default_payment_method"]
        if customer["id"] in books.declining or not has_card:
            invoice["next_payment_attempt"] = now + _RETRY_AFTER
            customer["delinquent"] = True
            books.tell("invoice.payment_failed", invoice)
            return False
    invoice |= {
        "status": "paid",
        "amount_paid": invoice["amount_due"],
        "amount_remaining": 0,
        "next_payment_attempt": None,
    }
    invoice["status_transitions"]["paid_at"] = now
    customer["delinquent"] = False
    books.tell("invoice.paid", invoice)
    return True


def pay(books: Books, invoice: Object) -> Object:
    """Pay an open invoice, as the portal and `/pay` do; a subscription recovers."""
    if invoice["status"] == "paid":
        raise Refusal("Invoice is already paid", code="invoice_already_paid")
    if not charge(books, invoice):
        raise declined()
    details = invoice["parent"]["subscription_details"]
    subscription = books.get("subscription", details["subscription"])
    if subscription["status"] in {"past_due", "unpaid", "incomplete"}:
        subscription["status"] = "active"
        books.tell("customer.subscription.updated", subscription)
    return invoice


def _discount(books: Books, subscription: Object, subtotal: int) -> int:
    """Return what coupons take off; those for one invoice are used up by it."""
    off = 0
    for discount in list(subscription["discounts"]):
        coupon = books.get("coupon", discount["source"]["coupon"])
        percent = coupon["percent_off"] or 0
        off += int(max(0, subtotal) * percent / 100) + (coupon["amount_off"] or 0)
        if coupon["duration"] == "once":
            subscription["discounts"].remove(discount)
    return min(off, max(0, subtotal))
