"""Checkout Sessions, subscriptions and invoices, with the fields of Stripe's."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.fakes.stripe.shapes import DAY, NO_ADDRESS, listing

if TYPE_CHECKING:
    from tests.fakes.stripe.shapes import Object

_SELF = {"type": "self"}
_NULLS_OF_A_SESSION = (
    "after_expiration",
    "allow_promotion_codes",
    "billing_address_collection",
    "cancel_url",
    "client_reference_id",
    "client_secret",
    "collected_information",
    "consent",
    "consent_collection",
    "currency_conversion",
    "customer",
    "customer_account",
    "customer_creation",
    "customer_email",
    "integration_identifier",
    "invoice",
    "invoice_creation",
    "locale",
    "managed_payments",
    "origin_context",
    "payment_intent",
    "payment_link",
    "payment_method_configuration_details",
    "permissions",
    "recovered_from",
    "saved_payment_method_options",
    "setup_intent",
    "shipping_address_collection",
    "shipping_cost",
    "submit_type",
    "subscription",
    "wallet_options",
)
_NULLS_OF_A_SUBSCRIPTION = (
    "application",
    "application_fee_percent",
    "billing_cycle_anchor_config",
    "billing_thresholds",
    "cancel_at",
    "canceled_at",
    "customer_account",
    "days_until_due",
    "default_payment_method",
    "default_source",
    "description",
    "ended_at",
    "latest_invoice",
    "managed_payments",
    "next_pending_invoice_item_invoice",
    "on_behalf_of",
    "pause_collection",
    "pending_invoice_item_interval",
    "pending_setup_intent",
    "pending_update",
    "schedule",
    "test_clock",
    "transfer_data",
    "trial_end",
    "trial_start",
)
_NULLS_OF_AN_INVOICE = (
    "account_name",
    "account_tax_ids",
    "application",
    "automatically_finalizes_at",
    "custom_fields",
    "customer_account",
    "customer_address",
    "customer_phone",
    "customer_shipping",
    "default_payment_method",
    "default_source",
    "description",
    "due_date",
    "effective_at",
    "ending_balance",
    "footer",
    "from_invoice",
    "hosted_invoice_url",
    "invoice_pdf",
    "last_finalization_error",
    "latest_revision",
    "next_payment_attempt",
    "number",
    "on_behalf_of",
    "receipt_number",
    "rendering",
    "shipping_cost",
    "shipping_details",
    "statement_descriptor",
    "test_clock",
    "total_pretax_credit_amounts",
    "total_taxes",
    "webhooks_delivered_at",
)
_ZEROS_OF_AN_INVOICE = (
    "amount_overpaid",
    "amount_paid",
    "amount_shipping",
    "attempt_count",
    "post_payment_credit_notes_amount",
    "pre_payment_credit_notes_amount",
    "starting_balance",
)


def session(name: str, created: int, /, **given: Any) -> Object:
    taxed = given.pop("taxed")
    return {
        **dict.fromkeys(_NULLS_OF_A_SESSION),
        "id": name,
        "object": "checkout.session",
        "adaptive_pricing": {"enabled": False},
        "automatic_tax": {
            "enabled": taxed,
            "liability": _SELF if taxed else None,
            "provider": "stripe" if taxed else None,
            "status": "requires_location_inputs" if taxed else None,
        },
        "created": created,
        "custom_fields": [],
        "custom_text": dict.fromkeys(
            (
                "after_submit",
                "shipping_address",
                "submit",
                "terms_of_service_acceptance",
            )
        ),
        "customer_details": None,
        "discounts": [],
        "expires_at": created + DAY,
        "livemode": False,
        "metadata": {},
        "payment_method_collection": "always",
        "payment_method_options": {},
        "payment_method_types": ["card"],
        "payment_status": "unpaid",
        "phone_number_collection": {"enabled": False},
        "shipping_options": [],
        "status": "open",
        "total_details": {"amount_discount": 0, "amount_shipping": 0, "amount_tax": 0},
        "ui_mode": "hosted_page",
        **given,
    }


def subscription(name: str, created: int, /, **given: Any) -> Object:
    taxed = given.pop("taxed")
    return {
        **dict.fromkeys(_NULLS_OF_A_SUBSCRIPTION),
        "id": name,
        "object": "subscription",
        "automatic_tax": {
            "disabled_reason": None,
            "enabled": taxed,
            "liability": _SELF if taxed else None,
        },
        "billing_mode": {"type": "flexible", "flexible": {}},
        "billing_schedules": [],
        "cancel_at_period_end": False,
        "cancellation_details": {"comment": None, "feedback": None, "reason": None},
        "collection_method": "charge_automatically",
        "created": created,
        "default_tax_rates": [],
        "discounts": [],
        "invoice_settings": {
            "account_tax_ids": None,
            "custom_fields": None,
            "description": None,
            "footer": None,
            "issuer": _SELF,
        },
        "livemode": False,
        "metadata": {},
        "payment_settings": {
            "payment_method_options": None,
            "payment_method_types": None,
            "save_default_payment_method": "off",
        },
        "start_date": created,
        "trial_settings": {
            "end_behavior": {"missing_payment_method": "create_invoice"}
        },
        **given,
    }


def item(name: str, of: str, price: Object, period: tuple[int, int]) -> Object:
    """Return an item; its period is here and not on the subscription."""
    return {
        "id": name,
        "object": "subscription_item",
        "billing_thresholds": None,
        "created": period[0],
        "current_period_end": period[1],
        "current_period_start": period[0],
        "discounts": [],
        "metadata": {},
        "plan": plan(price),
        "price": price,
        "quantity": 1,
        "subscription": of,
        "tax_rates": [],
    }


def plan(price: Object) -> Object:
    """Return the older form of a price, which items still carry."""
    return {
        "id": price["id"],
        "object": "plan",
        "active": price["active"],
        "amount": price["unit_amount"],
        "amount_decimal": price["unit_amount_decimal"],
        "billing_scheme": price["billing_scheme"],
        "created": price["created"],
        "currency": price["currency"],
        "interval": price["recurring"]["interval"],
        "interval_count": price["recurring"]["interval_count"],
        "livemode": False,
        "metadata": {},
        "meter": None,
        "nickname": None,
        "product": price["product"],
        "tiers_mode": None,
        "transform_usage": None,
        "trial_period_days": None,
        "usage_type": "licensed",
    }


def line(name: str, of: str, amount: int, **given: Any) -> Object:
    """Return a line of an invoice for a subscription's item."""
    details = {
        "invoice_item": None,
        "proration": given["proration"],
        "proration_details": {"credited_items": None},
        "subscription": given["subscription"],
        "subscription_item": given["subscription_item"],
    }
    return {
        "id": name,
        "object": "line_item",
        "amount": amount,
        "currency": given["currency"],
        "description": given["description"],
        "discount_amounts": [],
        "discountable": not given["proration"],
        "discounts": [],
        "invoice": of,
        "livemode": False,
        "metadata": {},
        "parent": {
            "invoice_item_details": None,
            "subscription_item_details": details,
            "type": "subscription_item_details",
        },
        "period": {"start": given["start"], "end": given["end"]},
        "pretax_credit_amounts": [],
        "pricing": {"type": "price_details", "unit_amount_decimal": None},
        "quantity": 1,
        "quantity_decimal": "1",
        "subtotal": amount,
        "taxes": [],
    }


def invoice(name: str, created: int, /, **given: Any) -> Object:
    lines = given.pop("lines")
    taxed = given.pop("taxed")
    subscription_id = given.pop("subscription")
    return {
        **dict.fromkeys(_NULLS_OF_AN_INVOICE),
        **dict.fromkeys(_ZEROS_OF_AN_INVOICE, 0),
        "id": name,
        "object": "invoice",
        "account_country": "US",
        "attempted": False,
        "auto_advance": True,
        "automatic_tax": {
            "disabled_reason": None,
            "enabled": taxed,
            "liability": _SELF if taxed else None,
            "provider": "stripe" if taxed else None,
            "status": "complete" if taxed else None,
        },
        "collection_method": "charge_automatically",
        "created": created,
        "customer_tax_exempt": "none",
        "customer_tax_ids": [],
        "default_tax_rates": [],
        "discounts": [],
        "issuer": _SELF,
        "lines": listing(lines, f"/v1/invoices/{name}/lines"),
        "livemode": False,
        "metadata": {},
        "parent": {
            "quote_details": None,
            "subscription_details": {"metadata": {}, "subscription": subscription_id},
            "type": "subscription_details",
        },
        "payment_settings": {
            "default_mandate": None,
            "payment_method_options": None,
            "payment_method_types": None,
        },
        "period_end": created,
        "period_start": created,
        "status": "draft",
        "status_transitions": dict.fromkeys(
            ("finalized_at", "marked_uncollectible_at", "paid_at", "voided_at")
        ),
        "total_discount_amounts": [],
        **given,
    }


def payer(customer: Object) -> Object:
    """Return who paid, as a Checkout Session shows it."""
    return {
        "address": customer["address"] or NO_ADDRESS,
        "business_name": None,
        "email": customer["email"],
        "individual_name": None,
        "name": customer["name"],
        "phone": None,
        "tax_exempt": "none",
        "tax_ids": [],
    }
