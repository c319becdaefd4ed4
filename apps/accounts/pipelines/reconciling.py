"""Comparing everything with the biller, and repairing what differs.

Events tell of changes; this finds what they did not tell, because they were lost, the
installation was down for days, or a row was damaged.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING

import structlog

from apps.accounts.domain.billing import NotSetUpError
from apps.accounts.gateways.biller import NOT_SET_UP, open_biller
from apps.accounts.pipelines.billing import CURRENCY
from apps.accounts.pipelines.looks import adopt, is_adoptable
from apps.accounts.selectors import mirror as mirrored
from apps.accounts.selectors.billing import is_set_up, list_plans
from apps.accounts.services import mirror
from apps.accounts.services.billing_customers import forget_customer
from apps.core.errors import AppError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from datetime import datetime
    from uuid import UUID

    from apps.accounts.domain.billing import SeenInvoice, SeenSubscription
    from apps.accounts.gateways.biller import Biller
    from apps.accounts.models import Subscription

    Clock = Callable[[], datetime]

__all__ = ["Finding", "Report", "is_set_up", "reconcile"]

logger = structlog.get_logger(__name__)

# Invoices change no more after so long.
INVOICES_SINCE = timedelta(days=95)


@dataclass(frozen=True, slots=True)
class Finding:
    """One difference: of what, which one, whose, what differs, and whether it is gone.

    `workspace` is its id, or "" where the difference is nobody's.
    """

    kind: str
    id: str
    workspace: str
    what: str
    repaired: bool


@dataclass(slots=True)
class Report:
    """What a comparison looked at and found."""

    is_dry: bool
    customers: int = 0
    subscriptions: int = 0
    invoices: int = 0
    findings: list[Finding] = field(default_factory=list)

    @property
    def unrepaired(self) -> int:
        """Return how many differences are left."""
        return sum(not one.repaired for one in self.findings)


def reconcile(*, clock: Clock, is_dry: bool = False) -> Report:
    """Compare customers, subscriptions, invoices and prices; repair unless `is_dry`.

    What cannot be repaired from here, such as a price that differs, is only reported.

    Raises:
        NotSetUpError, UpstreamError: the biller is missing or fails.
    """
    biller = open_biller()
    if not biller.is_set_up:
        raise NotSetUpError(NOT_SET_UP)
    work = _Work(biller, clock, Report(is_dry))
    work.compare_customers()
    work.compare_subscriptions()
    work.compare_invoices()
    work.compare_prices()
    report = work.report
    logger.info(
        "billing_reconciled",
        dry=is_dry,
        customers=report.customers,
        subscriptions=report.subscriptions,
        found=len(report.findings),
        unrepaired=report.unrepaired,
    )
    return report


class _Work:
    """One comparison; its looks are numbered before the listings begin."""

    def __init__(self, biller: Biller, clock: Clock, report: Report) -> None:
        self._biller, self._clock, self.report = biller, clock, report
        self._workspaces: dict[str, UUID] = {}
        self._claims: dict[str, str] = {}

    def compare_customers(self) -> None:
        """Adopt customers that were never stored; let go of those that are gone."""
        known = mirrored.list_customers()
        listed = {one.id: one for one in self._biller.list_customers()}
        self._workspaces = {name: known[name] for name in known if name in listed}
        for name, customer in listed.items():
            if name in known or not customer.workspace:
                continue
            self._claims[name] = customer.workspace
            adopted = None if self.report.is_dry else adopt(customer)
            if adopted is not None:
                self._workspaces[name] = adopted
            if adopted is not None or is_adoptable(customer):
                what = "made for a workspace, and not stored"
                self._find(
                    "customer", name, customer.workspace, what, adopted is not None
                )
        for name in known.keys() - listed.keys():
            gone = not self.report.is_dry and forget_customer(stripe_id=name)
            self._find("customer", name, known[name], "gone at the biller", gone)
        self.report.customers = len(listed)

    def compare_subscriptions(self) -> None:
        """Bring the mirror in line, and name workspaces that pay twice."""
        look, rows = mirror.begin_look(), mirrored.list_subscriptions()
        seen_ids: set[str] = set()
        open_ones: Counter[UUID] = Counter()
        for seen in self._biller.list_subscriptions():
            self.report.subscriptions += 1
            seen_ids.add(seen.id)
            workspace_id = self._whose(seen, rows)
            if workspace_id is None:
                self._name_orphan(seen)
                continue
            open_ones[workspace_id] += mirrored.is_open(seen.status)
            what = mirrored.describe_subscription(rows.get(seen.id), seen)
            if what:
                self._repair_subscription(workspace_id, seen, look, what)
        self._close_unknown(
            [row for name, row in rows.items() if name not in seen_ids], look
        )
        for workspace_id, count in open_ones.items():
            if count > 1:
                what = f"{count} subscriptions are open: cancel all but one"
                self._find("workspace", str(workspace_id), workspace_id, what)

    def _whose(
        self, seen: SeenSubscription, rows: Mapping[str, Subscription]
    ) -> UUID | None:
        """Return the workspace of a subscription, even where its customer is gone."""
        found = self._workspaces.get(seen.customer_id)
        if found is None and seen.id in rows:
            return rows[seen.id].workspace_id
        return found

    def _name_orphan(self, seen: SeenSubscription) -> None:
        """Name what is still paid for a workspace that is gone, or has another."""
        claim = self._claims.get(seen.customer_id)
        if claim and mirrored.is_open(seen.status):
            what = (
                "paid for a workspace that is gone or has another customer: cancel it"
            )
            self._find("subscription", seen.id, claim, what)

    def _close_unknown(self, rows: Iterable[Subscription], look: int) -> None:
        for row in rows:
            if not row.is_live:
                continue
            gone = not self.report.is_dry and mirror.close_subscription(
                stripe_id=row.stripe_id, look=look, now=self._clock()
            )
            what = "unknown to the biller"
            self._find("subscription", row.stripe_id, row.workspace_id, what, gone)

    def _repair_subscription(
        self, workspace_id: UUID, seen: SeenSubscription, look: int, what: str
    ) -> None:
        repaired = False
        if not self.report.is_dry:
            try:
                repaired = mirror.store_subscription(
                    workspace_id=workspace_id, seen=seen, look=look, now=self._clock()
                )
            except AppError as error:
                what = str(error)
        self._find("subscription", seen.id, workspace_id, what, repaired)

    def compare_invoices(self) -> None:
        """Bring the mirror of recent invoices in line."""
        look, rows = mirror.begin_look(), mirrored.list_invoices()
        since = self._clock() - INVOICES_SINCE
        for seen in self._biller.list_invoices(since=since):
            self.report.invoices += 1
            workspace_id = self._workspaces.get(seen.customer_id)
            if workspace_id is None:
                continue
            what = mirrored.describe_invoice(rows.get(seen.id), seen)
            if what:
                self._repair_invoice(workspace_id, seen, look, what)

    def _repair_invoice(
        self, workspace_id: UUID, seen: SeenInvoice, look: int, what: str
    ) -> None:
        repaired = not self.report.is_dry and mirror.store_invoice(
            workspace_id=workspace_id, seen=seen, look=look
        )
        self._find("invoice", seen.id, workspace_id, what, repaired)

    def compare_prices(self) -> None:
        """Say which plans cannot be bought, since nobody pays what is not shown."""
        plans = list_plans()
        found = self._biller.find_prices([plan.lookup_key for plan in plans])
        prices = {price.lookup_key: price for price in found}
        for plan in plans:
            price = prices.get(plan.lookup_key)
            shown = (plan.price, CURRENCY, plan.interval.value)
            if price is None:
                self._find("price", plan.lookup_key, "", "missing at the biller")
            elif (price.amount, price.currency, price.interval) != shown:
                what = (
                    f"{price.amount} {price.currency} by the {price.interval} at the "
                    f"biller, {plan.price} {CURRENCY} by the {plan.interval} here"
                )
                self._find("price", plan.lookup_key, "", what)

    def _find(
        self,
        kind: str,
        name: str,
        workspace: UUID | str,
        what: str,
        repaired: bool = False,  # noqa: FBT001, FBT002 (a private shorthand)
    ) -> None:
        self.report.findings.append(Finding(kind, name, str(workspace), what, repaired))
