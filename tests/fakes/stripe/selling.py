"""What people do on Stripe's own pages: Checkout and the portal."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.fakes.stripe import shapes_of_sales, subscribing
from tests.fakes.stripe.refusals import Refusal, declined, invalid, missing

if TYPE_CHECKING:
    from tests.fakes.stripe.books import Books
    from tests.fakes.stripe.shapes import Object


def open_session(books: Books, given: dict[str, Any]) -> Object:
    """Make a Checkout Session for a subscription."""
    if given["mode"] != "subscription":
        raise invalid("mode", f"Only subscriptions are sold here, not {given['mode']}.")
    if "success_url" not in given:
        raise missing("success_url")
    if len(given.get("line_items", [])) != 1:
        raise missing("line_items")
    wanted = given["line_items"][0]
    price = books.get("price", wanted["price"], "line_items[0][price]", status=400)
    if not price["active"]:
        raise invalid("line_items[0][price]", "The price specified is inactive.")
    if price["recurring"] is None:
        raise invalid("line_items[0][price]", "A recurring price is needed.")
    customer = books.customer(given["customer"]) if "customer" in given else None
    taxed = given.get("automatic_tax", {}).get("enabled", False)
    _refuse_without_address(given, customer, taxed=taxed)
    _refuse_both_discounts(given)
    name = books.new_id("checkout.session")
    data = given.get("subscription_data", {})
    trial = data.get("trial_period_days", 0)
    made = shapes_of_sales.session(
        name,
        books.now(customer),
        taxed=taxed,
        **{
            key: given[key]
            for key in (
                "success_url",
                "cancel_url",
                "client_reference_id",
                "metadata",
                "mode",
                "customer",
                "customer_email",
                "allow_promotion_codes",
                "billing_address_collection",
            )
            if key in given
        },
        amount_subtotal=0 if trial else price["unit_amount"],
        amount_total=0 if trial else price["unit_amount"],
        currency=price["currency"],
        url=f"{books.url}/c/pay/{name}",
    )
    if "expires_at" in given:
        made["expires_at"] = given["expires_at"]
    # Not shown by Stripe, and needed once it is paid.
    made["_asked"] = {"price": price["id"], "data": data, "taxed": taxed}
    return books.keep(made)


def _refuse_without_address(
    given: dict[str, Any], customer: Object | None, *, taxed: bool
) -> None:
    taken = given.get("customer_update", {})
    if taxed and customer and not customer["address"] and "address" not in taken:
        raise invalid(
            "automatic_tax",
            "Automatic tax calculation in Checkout requires a valid address on the "
            "Customer: set `customer_update[address]` to 'auto'.",
            "customer_tax_location_invalid",
        )
    if given.get("tax_id_collection", {}).get("enabled") and "name" not in taken:
        raise invalid("customer_update", "Set `customer_update[name]` to 'auto'.")


def _refuse_both_discounts(given: dict[str, Any]) -> None:
    if given.get("allow_promotion_codes") and given.get("discounts"):
        raise invalid("discounts", "Give allow_promotion_codes or discounts, not both.")


def complete(
    books: Books, session: Object, *, card: str = "good", code: str = ""
) -> Object:
    """Pay on the page.

    A `declined` card leaves the session open; a `failing` one is charged once only.
    """
    look_at(books, session)
    if session["status"] != "open":
        raise Refusal(f"This Checkout Session is {session['status']}.")
    if card == "declined":
        raise declined()
    asked = session["_asked"]
    customer = books.customer(session["customer"])
    discounts = [_redeem(books, session, customer, code)] if code else []
    method = books.new_id("payment_method")
    customer["invoice_settings"]["default_payment_method"] = method
    customer["currency"] = session["currency"]
    if session["automatic_tax"]["enabled"]:
        customer["address"] = customer["address"] or {"country": "US", "state": "CA"}
        session["automatic_tax"]["status"] = "complete"
    books.tell("customer.updated", customer)
    subscription = subscribing.begin(
        books,
        customer,
        books.get("price", asked["price"]),
        trial_days=asked["data"].get("trial_period_days", 0),
        metadata=asked["data"].get("metadata", {}),
        taxed=asked["taxed"],
        discounts=discounts,
    )
    if card == "failing":
        books.declining.add(customer["id"])
    invoice = books.get("invoice", subscription["latest_invoice"])
    session |= {
        "status": "complete",
        "payment_status": "paid" if invoice["amount_paid"] else "no_payment_required",
        "subscription": subscription["id"],
        "invoice": invoice["id"],
        "customer_details": shapes_of_sales.payer(customer),
        "amount_total": invoice["total"],
        "url": None,
    }
    books.tell("checkout.session.completed", _shown(session))
    return session


def _redeem(books: Books, session: Object, customer: Object, code: str) -> Object:
    if not session["allow_promotion_codes"]:
        raise Refusal("This Checkout Session takes no promotion codes.")
    for found in books.all("promotion_code"):
        if found["code"] == code and found["active"]:
            break
    else:
        raise Refusal("This code is invalid.", code="resource_missing")
    found["times_redeemed"] += 1
    return {
        "id": f"di_{found['id'][6:]}",
        "object": "discount",
        "checkout_session": session["id"],
        "customer": customer["id"],
        "customer_account": None,
        "end": None,
        "invoice": None,
        "invoice_item": None,
        "promotion_code": found["id"],
        "source": {"coupon": found["promotion"]["coupon"], "type": "coupon"},
        "start": books.now(customer),
        "subscription": None,
        "subscription_item": None,
    }


def expire(books: Books, session: Object) -> Object:
    """Close a session that nobody has paid."""
    look_at(books, session)
    if session["status"] != "open":
        raise Refusal(
            'Only Checkout Sessions with a status in ["open"] can be expired. This '
            f"Checkout Session has a status of {session['status']}."
        )
    session |= {"status": "expired", "url": None}
    books.tell("checkout.session.expired", _shown(session))
    return session


def look_at(books: Books, session: Object) -> Object:
    """Return a session, expired if its time is over."""
    if session["status"] == "open" and session["expires_at"] <= books.now():
        session |= {"status": "expired", "url": None}
        books.tell("checkout.session.expired", _shown(session))
    return session


def cancel_in_portal(books: Books, subscription: Object) -> Object:
    """Cancel as the portal does under flexible billing: by a date, not by a flag."""
    end = subscription["items"]["data"][0]["current_period_end"]
    return subscribing.update(books, subscription, {"cancel_at": end})


def _shown(session: Object) -> Object:
    return {key: value for key, value in session.items() if not key.startswith("_")}
