"""The calls of the API: what each does to the books."""

from __future__ import annotations

import re
import secrets
from typing import TYPE_CHECKING, Any, NamedTuple

from tests.fakes.stripe import forms_of_calls as forms
from tests.fakes.stripe import invoicing, selling, shapes, subscribing
from tests.fakes.stripe.books import API_VERSION, page
from tests.fakes.stripe.refusals import Refusal, invalid, missing

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from tests.fakes.stripe.books import Books
    from tests.fakes.stripe.forms_of_calls import Form
    from tests.fakes.stripe.shapes import Object

    Given = dict[str, Any]
    Do = Callable[[Books, str, Given], Object]


class Call(NamedTuple):
    """One call: its address, the form of its parameters and what it does."""

    method: str
    address: re.Pattern[str]
    form: Form
    do: Do


def create_customer(books: Books, _: str, given: Given) -> Object:
    clock = given.get("test_clock")
    if clock:
        books.get("test_helpers.test_clock", clock, "test_clock", status=400)
    made = shapes.customer(books.new_id("customer"), books.now(), **given)
    books.keep(made)
    books.tell("customer.created", made)
    return made


def get_customer(books: Books, name: str, _: Given) -> Object:
    return books.get("customer", name)


def update_customer(books: Books, name: str, given: Given) -> Object:
    found = books.get("customer", name)
    if found.get("deleted"):
        raise invalid("id", f"No such customer: '{name}'", "resource_missing")
    given["metadata"] = {**found["metadata"], **given.get("metadata", {})}
    found |= given
    books.tell("customer.updated", found)
    return found


def delete_customer(books: Books, name: str, _: Given) -> Object:
    found = books.customer(name, "id")
    for one in list(books.subscriptions_of(name)):
        if one["status"] not in subscribing.OVER:
            subscribing.cancel(books, one, "cancellation_requested")
    books.tell("customer.deleted", found)
    books.kept["customer"][name] = {"id": name, "object": "customer", "deleted": True}
    return books.kept["customer"][name]


def list_customers(books: Books, _: str, given: Given) -> Object:
    found = [one for one in books.all("customer") if not one.get("deleted")]
    return _list(found, "/v1/customers", given, ("email", "test_clock"))


def create_product(books: Books, _: str, given: Given) -> Object:
    name = given.pop("id", None) or books.new_id("product")
    if name in books.kept.get("product", {}):
        raise invalid(
            "id", f"Product already exists: {name}", "resource_already_exists"
        )
    return books.keep(shapes.product(name, books.now(), **given))


def list_products(books: Books, _: str, given: Given) -> Object:
    found = books.all("product")
    if "ids" in given:
        found = [one for one in found if one["id"] in given["ids"]]
    return _list(found, "/v1/products", given, ("active",))


def create_price(books: Books, _: str, given: Given) -> Object:
    if "product_data" in given:
        name = given.pop("product_data")["name"]
        given["product"] = create_product(books, "", {"name": name})["id"]
    if "product" not in given:
        raise missing("product")
    if "unit_amount" not in given:
        raise missing("unit_amount")
    books.get("product", given["product"], "product", status=400)
    _free_lookup_key(books, given)
    made = shapes.price(books.new_id("price"), books.now(), **given)
    return books.keep(made)


def update_price(books: Books, name: str, given: Given) -> Object:
    found = books.get("price", name)
    _free_lookup_key(books, given, but=name)
    found |= given
    books.tell("price.updated", found)
    return found


def list_prices(books: Books, _: str, given: Given) -> Object:
    found = books.all("price")
    keys = given.get("lookup_keys")
    if keys is not None:
        found = [one for one in found if one["lookup_key"] in keys]
    return _list(found, "/v1/prices", given, ("active", "product"))


def _free_lookup_key(books: Books, given: Given, but: str = "") -> None:
    key, takes = given.get("lookup_key"), given.pop("transfer_lookup_key", False)
    for other in books.all("price"):
        if key and other["lookup_key"] == key and other["id"] != but:
            if not takes:
                raise invalid("lookup_key", f"The lookup key {key} is in use already.")
            other["lookup_key"] = None


def create_coupon(books: Books, _: str, given: Given) -> Object:
    if not given.get("percent_off") and not given.get("amount_off"):
        raise missing("percent_off")
    name = given.pop("id", None) or secrets.token_hex(4).upper()
    return books.keep(shapes.coupon(name, books.now(), **given))


def create_promotion_code(books: Books, _: str, given: Given) -> Object:
    coupon = given["promotion"]["coupon"]
    books.get("coupon", coupon, "promotion[coupon]", status=400)
    given.setdefault("code", secrets.token_hex(4).upper())
    name = books.new_id("promotion_code")
    return books.keep(shapes.promotion_code(name, books.now(), **given))


def create_session(books: Books, _: str, given: Given) -> Object:
    return selling.open_session(books, given)


def get_session(books: Books, name: str, _: Given) -> Object:
    return selling.look_at(books, books.get("checkout.session", name))


def expire_session(books: Books, name: str, _: Given) -> Object:
    return selling.expire(books, books.get("checkout.session", name))


def list_sessions(books: Books, _: str, given: Given) -> Object:
    found = [selling.look_at(books, one) for one in books.all("checkout.session")]
    fields = ("customer", "status", "subscription")
    return _list(found, "/v1/checkout/sessions", given, fields)


def create_portal(books: Books, _: str, given: Given) -> Object:
    books.customer(given["customer"])
    name = books.new_id("billing_portal.session")
    url = f"{books.url}/p/session/{name}"
    return books.keep(shapes.portal_session(name, books.now(), url=url, **given))


def get_subscription(books: Books, name: str, _: Given) -> Object:
    return books.get("subscription", name)


def update_subscription(books: Books, name: str, given: Given) -> Object:
    return subscribing.update(books, books.get("subscription", name), given)


def cancel_subscription(books: Books, name: str, _: Given) -> Object:
    found = books.get("subscription", name)
    return subscribing.cancel(books, found, "cancellation_requested")


def list_subscriptions(books: Books, _: str, given: Given) -> Object:
    status = given.pop("status", None)
    found = books.all("subscription")
    if status is None:
        found = [one for one in found if one["status"] != "canceled"]
    elif status not in {"all", "ended"}:
        found = [one for one in found if one["status"] == status]
    return _list(found, "/v1/subscriptions", given, ("customer",))


def get_invoice(books: Books, name: str, _: Given) -> Object:
    return books.get("invoice", name)


def pay_invoice(books: Books, name: str, _: Given) -> Object:
    return invoicing.pay(books, books.get("invoice", name))


def list_invoices(books: Books, _: str, given: Given) -> Object:
    since = given.pop("created", {}).get("gte", 0)
    found = [one for one in books.all("invoice") if one["created"] >= since]
    return _list(found, "/v1/invoices", given, ("customer", "status"))


def get_event(books: Books, name: str, _: Given) -> Object:
    return books.get("event", name)


def list_events(books: Books, _: str, given: Given) -> Object:
    return _list(books.all("event"), "/v1/events", given, ("type",))


def create_clock(books: Books, _: str, given: Given) -> Object:
    name = books.new_id("test_helpers.test_clock")
    label = given.get("name")
    return books.keep(shapes.test_clock(name, books.now(), given["frozen_time"], label))


def get_clock(books: Books, name: str, _: Given) -> Object:
    return books.get("test_helpers.test_clock", name)


def advance_clock(books: Books, name: str, given: Given) -> Object:
    clock = books.get("test_helpers.test_clock", name)
    until = given["frozen_time"]
    if until <= clock["frozen_time"]:
        raise invalid("frozen_time", "A clock can only be advanced.")
    held = {one["id"] for one in books.all("customer") if one.get("test_clock") == name}
    subscribing.advance(books, until, held)
    clock["frozen_time"] = until
    return clock


def create_endpoint(books: Books, _: str, given: Given) -> Object:
    given.setdefault("api_version", API_VERSION)
    made = shapes.webhook_endpoint(
        books.new_id("webhook_endpoint"), books.now(), **given
    )
    made["secret"] = f"whsec_{secrets.token_hex(16)}"
    return books.keep(made)


def list_endpoints(books: Books, _: str, given: Given) -> Object:
    # The secret is shown once, by the call that makes it.
    found = [
        {key: value for key, value in one.items() if key != "secret"}
        for one in books.all("webhook_endpoint")
    ]
    return _list(found, "/v1/webhook_endpoints", given, ())


def _list(
    rows: Iterable[Object], url: str, given: Given, fields: tuple[str, ...]
) -> Object:
    wanted = {name: given[name] for name in fields if name in given}
    found = [
        row for row in rows if all(row.get(name) == wanted[name] for name in wanted)
    ]
    return page(found, url, given)


def _call(method: str, address: str, form: Form, do: Do) -> Call:
    pattern = re.escape(f"/v1/{address}").replace("ID", r"([^/]+)")
    return Call(method, re.compile(pattern), form, do)


CALLS = (
    _call("POST", "customers", forms.NEW_CUSTOMER, create_customer),
    _call("GET", "customers", forms.CUSTOMERS, list_customers),
    _call("GET", "customers/ID", forms.NOTHING, get_customer),
    _call("POST", "customers/ID", forms.CUSTOMER, update_customer),
    _call("DELETE", "customers/ID", forms.NOTHING, delete_customer),
    _call("POST", "products", forms.PRODUCT, create_product),
    _call("GET", "products", forms.PRODUCTS, list_products),
    _call("POST", "prices", forms.PRICE, create_price),
    _call("POST", "prices/ID", forms.PRICE_UPDATE, update_price),
    _call("GET", "prices", forms.PRICES, list_prices),
    _call("POST", "coupons", forms.COUPON, create_coupon),
    _call("POST", "promotion_codes", forms.PROMOTION_CODE, create_promotion_code),
    _call("POST", "checkout/sessions", forms.CHECKOUT, create_session),
    _call("GET", "checkout/sessions", forms.CHECKOUTS, list_sessions),
    _call("GET", "checkout/sessions/ID", forms.NOTHING, get_session),
    _call("POST", "checkout/sessions/ID/expire", forms.NOTHING, expire_session),
    _call("POST", "billing_portal/sessions", forms.PORTAL, create_portal),
    _call("GET", "subscriptions", forms.SUBSCRIPTIONS, list_subscriptions),
    _call("GET", "subscriptions/ID", forms.NOTHING, get_subscription),
    _call("POST", "subscriptions/ID", forms.SUBSCRIPTION_UPDATE, update_subscription),
    _call("DELETE", "subscriptions/ID", forms.SUBSCRIPTION_CANCEL, cancel_subscription),
    _call("GET", "invoices", forms.INVOICES, list_invoices),
    _call("GET", "invoices/ID", forms.NOTHING, get_invoice),
    _call("POST", "invoices/ID/pay", forms.NOTHING, pay_invoice),
    _call("GET", "events", forms.EVENTS, list_events),
    _call("GET", "events/ID", forms.NOTHING, get_event),
    _call("POST", "test_helpers/test_clocks", forms.TEST_CLOCK, create_clock),
    _call("GET", "test_helpers/test_clocks/ID", forms.NOTHING, get_clock),
    _call("POST", "test_helpers/test_clocks/ID/advance", forms.ADVANCE, advance_clock),
    _call("POST", "webhook_endpoints", forms.WEBHOOK_ENDPOINT, create_endpoint),
    _call("GET", "webhook_endpoints", forms.LIST, list_endpoints),
)


def find(method: str, path: str) -> tuple[Call, str]:
    """Return the call that an address names, and the id in it.

    Raises:
        Refusal: there is none.
    """
    for call in CALLS:
        match = call.address.fullmatch(path)
        if match and call.method == method:
            return call, (match.groups() or ("",))[0]
    raise Refusal(
        f"Unrecognized request URL ({method}: {path}). Please see "
        "https://stripe.com/docs or we can help at https://support.stripe.com/.",
        status=404,
    )
