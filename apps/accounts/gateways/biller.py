"""The biller as the rest of the app knows it, and the one that stands in for none."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, NoReturn, Protocol, cast

from django.conf import settings

from apps.accounts.domain.billing import NotSetUpError
from apps.accounts.gateways.stripe import StripeBiller

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

NOT_SET_UP = "Billing is not set up on this installation: everything else works."


class Biller(Protocol):
    """What is asked of a biller. Every call may raise UpstreamError."""

    is_set_up: bool

    def find_prices(self, lookup_keys: Sequence[str]) -> tuple[SeenPrice, ...]:
        """Return the prices on sale that have one of the keys."""
        ...

    def create_price(self, price: SeenPrice, *, product: str) -> SeenPrice:
        """Put a price on sale under its lookup key."""
        ...

    def create_customer(self, *, email: str, workspace: str, key: str) -> SeenCustomer:
        """Make a customer, or return the one that the idempotency key made."""
        ...

    def get_customer(self, customer_id: str) -> SeenCustomer:
        """Return a customer; raises MissingError."""
        ...

    def list_customers(self, email: str = "") -> Iterator[SeenCustomer]:
        """Yield every customer, or those of an address."""
        ...

    def create_checkout(self, order: CheckoutOrder, *, key: str) -> SeenCheckout:
        """Open a page that sells; raises KeyTakenError."""
        ...

    def list_open_checkouts(self, customer_id: str) -> tuple[SeenCheckout, ...]:
        """Return the pages on which the customer can still buy."""
        ...

    def get_checkout(self, checkout_id: str) -> SeenCheckout:
        """Return a page; raises MissingError."""
        ...

    def expire_checkout(self, checkout_id: str) -> None:
        """Close a page; one that is over already is left alone."""
        ...

    def open_portal(self, customer_id: str, *, return_url: str) -> str:
        """Return the address where the customer sees to cards and invoices."""
        ...

    def get_subscription(self, subscription_id: str) -> SeenSubscription:
        """Return a subscription; raises MissingError."""
        ...

    def list_subscriptions(self, customer_id: str = "") -> Iterator[SeenSubscription]:
        """Yield every subscription, ended ones too, or those of a customer."""
        ...

    def change_price(self, seen: SeenSubscription, price_id: str) -> None:
        """Move to another price, prorated; raises DeclinedError."""
        ...

    def cancel_at_period_end(self, seen: SeenSubscription) -> None:
        """Let it end when what was paid for is used up."""
        ...

    def cancel_now(self, subscription_id: str) -> None:
        """End it at once; one that has ended or is missing is left alone."""
        ...

    def resume(self, seen: SeenSubscription) -> None:
        """Take a planned end back."""
        ...

    def get_invoice(self, invoice_id: str) -> SeenInvoice:
        """Return an invoice; raises MissingError."""
        ...

    def list_invoices(
        self, *, since: datetime | None = None, customer_id: str = ""
    ) -> Iterator[SeenInvoice]:
        """Yield invoices, the newest first."""
        ...

    def get_event(self, event_id: str) -> SeenEvent:
        """Return an event of the last thirty days; raises MissingError."""
        ...

    def read_event(self, body: bytes, signature: str, now: datetime) -> SeenEvent:
        """Return a signed event; raises SignatureError."""
        ...


class NoBiller:
    """Stands in where no key is configured: it refuses everything alike."""

    is_set_up = False

    def __getattr__(self, name: str) -> NoReturn:
        """Refuse whatever is asked.

        Raises:
            NotSetUpError: always.
        """
        raise NotSetUpError(NOT_SET_UP)


def open_biller() -> Biller:
    """Return the biller that the settings name."""
    if not settings.STRIPE_SECRET_KEY:
        return cast("Biller", NoBiller())
    return _open_stripe(
        settings.STRIPE_SECRET_KEY,
        settings.STRIPE_API_BASE,
        tuple(settings.STRIPE_WEBHOOK_SECRETS),
    )


@cache
def _open_stripe(key: str, base: str, secrets: tuple[str, ...]) -> StripeBiller:
    """Keep one client, whose connections are kept too."""
    return StripeBiller(key=key, base_url=base, webhook_secrets=secrets)
