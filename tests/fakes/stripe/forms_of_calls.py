"""The parameters that each call takes; Stripe's others are refused as unknown."""

from __future__ import annotations

from typing import Any

from tests.fakes.stripe.forms import (
    anything,
    moment,
    pairs,
    share,
    text,
    whole,
    yes_no,
)

Form = dict[str, Any]

_PAGE: Form = {"limit": whole, "starting_after": text}
LIST: Form = _PAGE
_AUTO = {"address": text, "name": text, "shipping": text}

CUSTOMER: Form = {
    "address": anything,
    "description": text,
    "email": text,
    "metadata": pairs,
    "name": text,
}
NEW_CUSTOMER: Form = {**CUSTOMER, "test_clock": text}
CUSTOMERS: Form = {**_PAGE, "email": text, "test_clock": text}
PRODUCT: Form = {"name!": text, "description": text, "id": text, "metadata": pairs}
PRODUCTS: Form = {**_PAGE, "active": yes_no, "ids": [text]}
PRICE: Form = {
    "currency!": text,
    "lookup_key": text,
    "metadata": pairs,
    "nickname": text,
    "product": text,
    "product_data": {"name!": text},
    "recurring": {"interval!": text, "interval_count": whole},
    "tax_behavior": text,
    "transfer_lookup_key": yes_no,
    "unit_amount": whole,
}
PRICE_UPDATE: Form = {
    "active": yes_no,
    "lookup_key": text,
    "metadata": pairs,
    "nickname": text,
    "transfer_lookup_key": yes_no,
}
PRICES: Form = {**_PAGE, "active": yes_no, "lookup_keys": [text], "product": text}
COUPON: Form = {
    "amount_off": whole,
    "currency": text,
    "duration": text,
    "id": text,
    "name": text,
    "percent_off": share,
}
PROMOTION_CODE: Form = {"promotion!": {"type!": text, "coupon!": text}, "code": text}
CHECKOUT: Form = {
    "allow_promotion_codes": yes_no,
    "automatic_tax": {"enabled!": yes_no},
    "billing_address_collection": text,
    "cancel_url": text,
    "client_reference_id": text,
    "customer": text,
    "customer_email": text,
    "customer_update": _AUTO,
    "discounts": [{"coupon": text, "promotion_code": text}],
    "expires_at": whole,
    "line_items!": [{"price!": text, "quantity": whole}],
    "locale": text,
    "metadata": pairs,
    "mode!": text,
    "payment_method_collection": text,
    "subscription_data": {"metadata": pairs, "trial_period_days": whole},
    "success_url": text,
    "tax_id_collection": {"enabled!": yes_no},
}
CHECKOUTS: Form = {
    **_PAGE,
    "customer": text,
    "status": text,
    "subscription": text,
}
PORTAL: Form = {"configuration": text, "customer!": text, "return_url": text}
SUBSCRIPTION_UPDATE: Form = {
    "cancel_at": moment,
    "cancel_at_period_end": yes_no,
    "items": [{"id": text, "price": text, "quantity": whole}],
    "metadata": pairs,
    "payment_behavior": text,
    "proration_behavior": text,
}
SUBSCRIPTION_CANCEL: Form = {"invoice_now": yes_no, "prorate": yes_no}
SUBSCRIPTIONS: Form = {**_PAGE, "customer": text, "price": text, "status": text}
INVOICES: Form = {
    "created": {"gte": whole},
    **_PAGE,
    "customer": text,
    "status": text,
    "subscription": text,
}
EVENTS: Form = {**_PAGE, "type": text}
TEST_CLOCK: Form = {"frozen_time!": whole, "name": text}
ADVANCE: Form = {"frozen_time!": whole}
WEBHOOK_ENDPOINT: Form = {
    "url!": text,
    "enabled_events!": [text],
    "api_version": text,
    "description": text,
}
NOTHING: Form = {}
