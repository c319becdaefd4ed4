"""Stripe, by its own client: the one place that knows its objects.

Every call is bounded in time and tried once more where Stripe did not answer, under
the same idempotency key. What comes back is read into frozen rows at once.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import stripe
from stripe import RequestsClient, StripeClient

from apps.accounts.domain.billing import (
    DeclinedError,
    KeyTakenError,
    MissingError,
)
from apps.accounts.gateways import stripe_objects as read
from apps.accounts.gateways.stripe_events import read_signed
from apps.core.errors import UpstreamError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from apps.accounts.domain.billing import (
        CheckoutOrder,
        SeenCheckout,
        SeenCustomer,
        SeenEvent,
        SeenInvoice,
        SeenPrice,
        SeenSubscription,
    )

# The version whose shapes `stripe_objects` reads, whatever the account's default is.
API_VERSION = "2026-10-28.endive"
API_BASE = "https://api.stripe.com"
_CONNECT_SECONDS = 5.0
_READ_SECONDS = 10.0
_PAGE = 100
_EXPAND = ["latest_invoice"]
# Nothing about this machine is sent along.
stripe.enable_telemetry = False


class StripeBiller:
    """One account of Stripe; threads may share it."""

    is_set_up = True

    def __init__(
        self, *, key: str, base_url: str = "", webhook_secrets: Sequence[str] = ()
    ) -> None:
        """Talk to `base_url`, or to Stripe itself where it is empty."""
        self._secrets = tuple(webhook_secrets)
        client = StripeClient(
            key,
            stripe_version=API_VERSION,
            base_addresses={"api": base_url or API_BASE},
            http_client=RequestsClient(timeout=(_CONNECT_SECONDS, _READ_SECONDS)),
            max_network_retries=1,
        )
        # Its parameters' types name every value of every version; the fake and the
        # tests against it hold ours to what Stripe takes.
        self._api: Any = client.v1

    def find_prices(self, lookup_keys: Sequence[str]) -> tuple[SeenPrice, ...]:
        """Return the prices on sale that have one of the keys."""
        params = {"lookup_keys": list(lookup_keys), "active": True, "limit": _PAGE}
        with _speaking():
            return tuple(map(read.price, self._api.prices.list(params).data))

    def create_price(self, price: SeenPrice, *, product: str) -> SeenPrice:
        """Put a price on sale under its lookup key, which another gives up."""
        params = {
            "currency": price.currency,
            "unit_amount": read.to_minor(price.amount, price.currency),
            "recurring": {"interval": price.interval},
            "lookup_key": price.lookup_key,
            "transfer_lookup_key": True,
            "product_data": {"name": product},
            "metadata": {read.TIER: price.tier},
        }
        with _speaking():
            return read.price(self._api.prices.create(params))

    def create_customer(self, *, email: str, workspace: str, key: str) -> SeenCustomer:
        """Make a customer, or return the one that the idempotency key made."""
        params = {"email": email, "metadata": {read.WORKSPACE: workspace}}
        with _speaking():
            made = self._api.customers.create(params, {"idempotency_key": key})
            return read.customer(made)

    def get_customer(self, customer_id: str) -> SeenCustomer:
        """Return a customer; a deleted one says so."""
        with _speaking():
            return read.customer(self._api.customers.retrieve(customer_id))

    def list_customers(self, email: str = "") -> Iterator[SeenCustomer]:
        """Yield every customer, or those of an address."""
        params = {"limit": _PAGE} | ({"email": email} if email else {})
        with _speaking():
            listed = self._api.customers.list(params)
            yield from map(read.customer, listed.auto_paging_iter())

    def create_checkout(self, order: CheckoutOrder, *, key: str) -> SeenCheckout:
        """Open a page that sells a subscription; cards and tax are Stripe's affair."""
        metadata = {**order.metadata, read.WORKSPACE: order.workspace}
        data: dict[str, Any] = {"metadata": metadata}
        if order.trial_days:
            data["trial_period_days"] = order.trial_days
        params = {
            "mode": "subscription",
            "customer": order.customer_id,
            "client_reference_id": order.workspace,
            "line_items": [{"price": order.price_id, "quantity": 1}],
            "success_url": order.success_url,
            "cancel_url": order.cancel_url,
            "subscription_data": data,
            "metadata": {**metadata, read.PRICE: order.price_id},
            "allow_promotion_codes": True,
            "automatic_tax": {"enabled": True},
            # Tax needs to know where the customer is.
            "customer_update": {"address": "auto", "name": "auto"},
            "tax_id_collection": {"enabled": True},
        }
        with _speaking():
            made = self._api.checkout.sessions.create(params, {"idempotency_key": key})
            return read.checkout(made)

    def list_open_checkouts(self, customer_id: str) -> tuple[SeenCheckout, ...]:
        """Return the pages on which the customer can still buy."""
        params = {"customer": customer_id, "status": "open", "limit": _PAGE}
        with _speaking():
            listed = self._api.checkout.sessions.list(params)
            return tuple(map(read.checkout, listed.data))

    def get_checkout(self, checkout_id: str) -> SeenCheckout:
        """Return a page."""
        with _speaking():
            return read.checkout(self._api.checkout.sessions.retrieve(checkout_id))

    def expire_checkout(self, checkout_id: str) -> None:
        """Close a page; Stripe refuses where it is over, which is as well."""
        with _speaking():
            try:
                self._api.checkout.sessions.expire(checkout_id)
            except stripe.InvalidRequestError:
                if read.checkout(self._api.checkout.sessions.retrieve(checkout_id)).url:
                    raise

    def open_portal(self, customer_id: str, *, return_url: str) -> str:
        """Return the address where the customer sees to cards and invoices."""
        params = {"customer": customer_id, "return_url": return_url}
        with _speaking():
            return str(self._api.billing_portal.sessions.create(params).url)

    def get_subscription(self, subscription_id: str) -> SeenSubscription:
        """Return a subscription with whether its latest invoice is paid."""
        params = {"expand": _EXPAND}
        with _speaking():
            found = self._api.subscriptions.retrieve(subscription_id, params)
            return read.subscription(found)

    def list_subscriptions(self, customer_id: str = "") -> Iterator[SeenSubscription]:
        """Yield every subscription, ended ones too, or those of a customer."""
        params: dict[str, Any] = {"status": "all", "limit": _PAGE}
        params["expand"] = [f"data.{name}" for name in _EXPAND]
        if customer_id:
            params["customer"] = customer_id
        with _speaking():
            listed = self._api.subscriptions.list(params)
            yield from map(read.subscription, listed.auto_paging_iter())

    def change_price(self, seen: SeenSubscription, price_id: str) -> None:
        """Move to another price; a payment that fails leaves all as it was."""
        params = {
            "items": [{"id": seen.item_id, "price": price_id}],
            "proration_behavior": "create_prorations",
            "payment_behavior": "error_if_incomplete",
        }
        with _speaking():
            self._api.subscriptions.update(seen.id, params)

    def cancel_at_period_end(self, seen: SeenSubscription) -> None:
        """Let it end when what was paid for is used up."""
        with _speaking():
            self._api.subscriptions.update(seen.id, {"cancel_at_period_end": True})

    def cancel_now(self, subscription_id: str) -> None:
        """End it at once; one that has ended is missing to this call."""
        with _speaking():
            try:
                self._api.subscriptions.cancel(subscription_id)
            except stripe.InvalidRequestError as error:
                if error.code != "resource_missing":
                    raise

    def resume(self, seen: SeenSubscription) -> None:
        """Take a planned end back, in the way in which it was planned."""
        by_flag = {"cancel_at_period_end": False}
        params = by_flag if seen.cancel_at_period_end else {"cancel_at": ""}
        with _speaking():
            self._api.subscriptions.update(seen.id, params)

    def get_invoice(self, invoice_id: str) -> SeenInvoice:
        """Return an invoice."""
        with _speaking():
            return read.invoice(self._api.invoices.retrieve(invoice_id))

    def list_invoices(
        self, *, since: datetime | None = None, customer_id: str = ""
    ) -> Iterator[SeenInvoice]:
        """Yield invoices, the newest first."""
        params: dict[str, Any] = {"limit": _PAGE}
        if since is not None:
            params["created"] = {"gte": int(since.timestamp())}
        if customer_id:
            params["customer"] = customer_id
        with _speaking():
            listed = self._api.invoices.list(params)
            yield from map(read.invoice, listed.auto_paging_iter())

    def get_event(self, event_id: str) -> SeenEvent:
        """Return an event of the last thirty days."""
        with _speaking():
            return read.event(self._api.events.retrieve(event_id).to_dict())

    def read_event(self, body: bytes, signature: str, now: datetime) -> SeenEvent:
        """Return an event that one of the secrets signed."""
        return read_signed(body, signature, self._secrets, now)


@contextmanager
def _speaking() -> Iterator[None]:
    """Turn Stripe's failures into this house's, without what they may quote."""
    try:
        yield
    except stripe.StripeError as error:
        raise _translate(error) from error


def _translate(error: stripe.StripeError) -> Exception:
    if isinstance(error, stripe.CardError):
        return DeclinedError(
            "The payment was declined, so nothing was changed. Open the customer "
            "portal, put another card there, and try again."
        )
    if isinstance(error, stripe.IdempotencyError):
        return KeyTakenError("That was asked for before, and differently.")
    if isinstance(error, stripe.AuthenticationError | stripe.PermissionError):
        return UpstreamError(
            "Stripe refuses this installation's key. Its operator has to look at "
            "STRIPE_SECRET_KEY.",
            retryable=False,
        )
    if isinstance(error, stripe.InvalidRequestError):
        return _explain(error)
    return UpstreamError(
        "Stripe did not answer. Nothing was changed here; try again in a minute. "
        "Asking twice charges nobody twice.",
        retryable=True,
    )


def _explain(error: stripe.InvalidRequestError) -> UpstreamError:
    what = " ".join(str(part) for part in (error.code, error.param) if part)
    if error.code == "resource_missing":
        return MissingError(f"Stripe knows no such thing ({what}).", retryable=False)
    return UpstreamError(
        f"Stripe refused the request ({what or 'it does not say why'}). The operator "
        "of this installation can see it in Stripe's log.",
        retryable=False,
    )
