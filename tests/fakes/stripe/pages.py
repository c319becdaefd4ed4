"""The pages that people see at Stripe: Checkout, the portal, an invoice."""

from __future__ import annotations

from html import escape
from http import HTTPStatus
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import parse_qs

from tests.fakes.stripe import invoicing, selling, subscribing
from tests.fakes.stripe.refusals import Refusal

if TYPE_CHECKING:
    from tests.fakes.stripe.books import Books
    from tests.fakes.stripe.server import FakeStripe

_STYLE = (
    "body{font:16px/1.5 sans-serif;max-width:32rem;margin:3rem auto;padding:0 1rem}"
)


class Answer(NamedTuple):
    """A page, or where to go."""

    html: str = ""
    status: int = HTTPStatus.OK
    location: str = ""


def show(stripe: FakeStripe, method: str, path: str, body: str) -> Answer:
    """Return the page of an address, after doing what its form asks."""
    *_, kind, name = ["", *path.removesuffix("/pdf").strip("/").split("/")]
    form = {key: values[0] for key, values in parse_qs(body).items()}
    try:
        if kind == "pay":
            return _checkout(stripe, method, name, form)
        if kind == "session":
            return _portal(stripe, method, name, form)
        if kind == "i":
            return _invoice(stripe.books, name)
    except Refusal as refusal:
        return _page("Refused", f"<p>{escape(str(refusal))}</p>", status=400)
    return _page("Nothing here", "", status=404)


def _page(title: str, inside: str, *, status: int = 200) -> Answer:
    head = '<!doctype html><link rel="icon" href="data:,">'
    head += f"<title>{title} (fake Stripe)</title><style>{_STYLE}</style>"
    return Answer(f"{head}<h1>{title}</h1>{inside}", status)


def _go(location: str) -> Answer:
    return Answer(status=HTTPStatus.SEE_OTHER, location=location)


def _buttons(*actions: tuple[str, str]) -> str:
    inside = "".join(
        f'<p><button name="do" value="{value}">{words}</button></p>'
        for value, words in actions
    )
    return f'<form method="post">{inside}</form>'


def _checkout(
    stripe: FakeStripe, method: str, name: str, form: dict[str, str]
) -> Answer:
    session = stripe.books.get("checkout.session", name)
    if method == "POST" and form.get("do") == "back":
        return _go(session["cancel_url"] or "/")
    if method == "POST":
        place = session["success_url"].replace("{CHECKOUT_SESSION_ID}", name)
        stripe.complete(name, card=form.get("do", "good"))
        return _go(place)
    selling.look_at(stripe.books, session)
    if session["status"] != "open":
        return _page("This session is over", f"<p>It is {session['status']}.</p>")
    amount = session["amount_total"] / 100
    return _page(
        "Checkout",
        f"<p>Due today: {amount:.2f} {session['currency']}</p>"
        + _buttons(
            ("good", "Pay with a good card"),
            ("failing", "Pay with a card that fails later"),
            ("declined", "Pay with a card that is declined"),
            ("back", "Back"),
        ),
    )


def _portal(stripe: FakeStripe, method: str, name: str, form: dict[str, str]) -> Answer:
    books = stripe.books
    session = books.get("billing_portal.session", name)
    customer = books.get("customer", session["customer"])
    if method == "POST" and form.get("do") == "return":
        return _go(session["return_url"] or "/")
    if method == "POST":
        _act(books, customer["id"], form.get("do", ""))
        return _go(f"/p/session/{name}")
    rows = "".join(
        f"<li>{one['id']}: {one['status']}, cancel_at {one['cancel_at']}</li>"
        for one in books.subscriptions_of(customer["id"])
    )
    return _page(
        "Portal",
        f"<ul>{rows}</ul>"
        + _buttons(
            ("cancel", "Cancel at the period's end"),
            ("renew", "Do not cancel"),
            ("good", "New card: good"),
            ("failing", "New card: fails"),
            ("pay", "Pay open invoices"),
            ("return", "Return"),
        ),
    )


def _act(books: Books, customer_id: str, wish: str) -> None:
    if wish == "good":
        books.declining.discard(customer_id)
    elif wish == "failing":
        books.declining.add(customer_id)
    elif wish == "pay":
        for invoice in books.all("invoice"):
            if invoice["customer"] == customer_id and invoice["status"] == "open":
                invoicing.pay(books, invoice)
    else:
        _cancel_or_renew(books, customer_id, wish)


def _cancel_or_renew(books: Books, customer_id: str, wish: str) -> None:
    for one in list(books.subscriptions_of(customer_id)):
        if one["status"] in subscribing.OVER:
            continue
        if wish == "cancel":
            selling.cancel_in_portal(books, one)
        elif wish == "renew":
            subscribing.update(books, one, {"cancel_at": ""})


def _invoice(books: Books, name: str) -> Answer:
    found = books.get("invoice", name)
    lines = "".join(
        f"<li>{escape(one['description'])}: {one['amount'] / 100:.2f}</li>"
        for one in found["lines"]["data"]
    )
    total = f"{found['total'] / 100:.2f} {found['currency']}"
    return _page(
        f"Invoice {found['number']}", f"<ul>{lines}</ul><p>{total}, {found['status']}"
    )
