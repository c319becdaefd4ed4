"""What the biller says, in this house's words: frozen, whoever the biller is.

Money is Decimal in units of `currency`, which is in lower case; times are UTC.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, ClassVar

from apps.core.errors import ConflictError, UpstreamError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime
    from decimal import Decimal


class Interval(StrEnum):
    """How often a subscription is paid."""

    MONTH = "month"
    YEAR = "year"


class NotSetUpError(ConflictError):
    """This installation has no key for the biller, and sells nothing."""

    code: ClassVar[str] = "billing_not_set_up"


class MissingError(UpstreamError):
    """The biller has no object of that id."""

    code: ClassVar[str] = "missing_at_biller"


class KeyTakenError(ConflictError):
    """The idempotency key has been used with other parameters."""

    code: ClassVar[str] = "request_repeated"


class DeclinedError(ConflictError):
    """The payment did not go through, so nothing was changed."""

    code: ClassVar[str] = "payment_declined"


class SignatureError(Exception):
    """An event is not signed by the biller, or was signed too long ago."""


@dataclass(frozen=True, slots=True)
class SeenPrice:
    """A price as the biller has it; `interval` is "" for what is paid once."""

    id: str
    lookup_key: str
    amount: Decimal | None
    currency: str
    interval: str
    tier: str  # the slug that its metadata names, or ""


@dataclass(frozen=True, slots=True)
class SeenCustomer:
    """A customer; `workspace` is the id that we gave it, or ""."""

    id: str
    email: str
    workspace: str
    is_deleted: bool = False


@dataclass(frozen=True, slots=True)
class SeenSubscription:
    """A subscription, with its first item; ours have `items` of one.

    `ends_at` is when it will end by itself; `unpaid_since` is when the latest invoice
    was made that is still to be paid.
    """

    id: str
    customer_id: str
    status: str
    item_id: str
    price: SeenPrice
    tier: str  # the slug that its own metadata names, or ""
    started_at: datetime
    current_period_end: datetime
    items: int = 1
    trial_ends_at: datetime | None = None
    ends_at: datetime | None = None
    cancel_at_period_end: bool = False
    ended_at: datetime | None = None
    unpaid_since: datetime | None = None


@dataclass(frozen=True, slots=True)
class SeenInvoice:
    """An invoice, with the addresses under which a person reads it."""

    id: str
    customer_id: str
    subscription_id: str
    number: str
    status: str
    currency: str
    total: Decimal
    amount_due: Decimal
    amount_paid: Decimal
    created_at: datetime
    page_url: str
    pdf_url: str


@dataclass(frozen=True, slots=True)
class SeenCheckout:
    """A page on which something is bought; `url` is "" once it is over."""

    id: str
    status: str
    url: str
    customer_id: str
    price_id: str


@dataclass(frozen=True, slots=True)
class SeenEvent:
    """That something happened, and to which objects. What they are is asked anew."""

    id: str
    kind: str
    created_at: datetime
    object_id: str
    customer_id: str
    subscription_id: str


@dataclass(frozen=True, slots=True)
class CheckoutOrder:
    """What a checkout is to sell, to whom, and where its buyer goes afterwards."""

    customer_id: str
    price_id: str
    workspace: str
    success_url: str
    cancel_url: str
    trial_days: int = 0
    metadata: Mapping[str, str] = field(default_factory=dict)
