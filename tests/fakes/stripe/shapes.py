"""The objects, with the fields that Stripe's have in the version that is spoken."""

from __future__ import annotations

from typing import Any

Object = dict[str, Any]
HOUR = 3600
DAY = 24 * HOUR
NO_ADDRESS = dict.fromkeys(
    ("city", "country", "line1", "line2", "postal_code", "state")
)


def listing(data: list[Object], url: str, *, has_more: bool = False) -> Object:
    return {"object": "list", "data": data, "has_more": has_more, "url": url}


def customer(name: str, created: int, /, **given: Any) -> Object:
    return {
        "id": name,
        "object": "customer",
        "address": None,
        "balance": 0,
        "created": created,
        "currency": None,
        "default_source": None,
        "delinquent": False,
        "description": None,
        "discount": None,
        "email": None,
        "invoice_prefix": name[-7:].upper(),
        "invoice_settings": {
            "custom_fields": None,
            "default_payment_method": None,
            "footer": None,
            "rendering_options": None,
        },
        "livemode": False,
        "metadata": {},
        "name": None,
        "next_invoice_sequence": 1,
        "phone": None,
        "preferred_locales": [],
        "shipping": None,
        "tax_exempt": "none",
        "test_clock": None,
        **given,
    }


def product(name: str, created: int, /, **given: Any) -> Object:
    return {
        "id": name,
        "object": "product",
        "active": True,
        "created": created,
        "default_price": None,
        "description": None,
        "images": [],
        "livemode": False,
        "marketing_features": [],
        "metadata": {},
        "package_dimensions": None,
        "shippable": None,
        "statement_descriptor": None,
        "tax_code": None,
        "type": "service",
        "unit_label": None,
        "updated": created,
        "url": None,
        **given,
    }


def price(name: str, created: int, /, **given: Any) -> Object:
    recurring = given.pop("recurring", None)
    amount = given.get("unit_amount")
    return {
        "id": name,
        "object": "price",
        "active": True,
        "billing_scheme": "per_unit",
        "created": created,
        "custom_unit_amount": None,
        "livemode": False,
        "lookup_key": None,
        "metadata": {},
        "nickname": None,
        "recurring": recurring
        and {
            "interval": recurring["interval"],
            "interval_count": recurring.get("interval_count", 1),
            "meter": None,
            "trial_period_days": None,
            "usage_type": "licensed",
        },
        "tax_behavior": "unspecified",
        "tiers_mode": None,
        "transform_quantity": None,
        "type": "recurring" if recurring else "one_time",
        "unit_amount_decimal": None if amount is None else str(amount),
        **given,
    }


def coupon(name: str, created: int, /, **given: Any) -> Object:
    return {
        "id": name,
        "object": "coupon",
        "amount_off": None,
        "created": created,
        "currency": None,
        "duration": "once",
        "duration_in_months": None,
        "livemode": False,
        "max_redemptions": None,
        "metadata": {},
        "name": None,
        "percent_off": None,
        "redeem_by": None,
        "times_redeemed": 0,
        "valid": True,
        **given,
    }


def promotion_code(name: str, created: int, /, **given: Any) -> Object:
    promotion = given.pop("promotion")
    return {
        "id": name,
        "object": "promotion_code",
        "active": True,
        "created": created,
        "customer": None,
        "customer_account": None,
        "expires_at": None,
        "livemode": False,
        "max_redemptions": None,
        "metadata": {},
        "promotion": {"coupon": promotion["coupon"], "type": "coupon"},
        "restrictions": {
            "first_time_transaction": False,
            "minimum_amount": None,
            "minimum_amount_currency": None,
        },
        "times_redeemed": 0,
        **given,
    }


def test_clock(name: str, created: int, frozen_time: int, label: str | None) -> Object:
    return {
        "id": name,
        "object": "test_helpers.test_clock",
        "created": created,
        "deletes_after": created + 30 * DAY,
        "frozen_time": frozen_time,
        "livemode": False,
        "name": label,
        "status": "ready",
        "status_details": {},
    }


def webhook_endpoint(name: str, created: int, /, **given: Any) -> Object:
    return {
        "id": name,
        "object": "webhook_endpoint",
        "api_version": None,
        "application": None,
        "created": created,
        "description": None,
        "livemode": False,
        "metadata": {},
        "status": "enabled",
        **given,
    }


def event(name: str, created: int, kind: str, /, **given: Any) -> Object:
    return {
        "id": name,
        "object": "event",
        "api_version": given["api_version"],
        "created": created,
        "data": {"object": given["data"]},
        "livemode": False,
        "pending_webhooks": 1,
        "request": {"id": None, "idempotency_key": given.get("idempotency_key")},
        "type": kind,
    }


def portal_session(name: str, created: int, /, **given: Any) -> Object:
    return {
        "id": name,
        "object": "billing_portal.session",
        "configuration": "bpc_fake",
        "created": created,
        "customer_account": None,
        "flow": None,
        "livemode": False,
        "locale": None,
        "on_behalf_of": None,
        "return_url": None,
        **given,
    }
