"""The pages of plans, payments and invoices."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from django.test import Client

from apps.accounts.models import AuditEvent, BillingCustomer, Subscription
from tests.fakes.stripe import Fault

if TYPE_CHECKING:
    from tests.billing.shop import Shop

ACTS = ("checkout", "portal", "change", "cancel", "resume")
READS = ("", "done/", "left/")
PRO = {"tier": "pro", "interval": "month"}
YEARLY = {"tier": "pro", "interval": "year"}


def at(shop: Shop, path: str = "") -> str:
    return f"/workspaces/{shop.workspace_id}/billing/{path}"


def as_(user: Any) -> Client:
    client = Client()
    client.force_login(user)
    return client


def text_of(answer: Any) -> str:
    return " ".join(answer.content.decode().split())


@pytest.fixture
def owner(shop: Shop) -> Client:
    return as_(shop.cast.owner)


def test_an_owner_without_a_plan_is_offered_the_plans(
    shop: Shop, owner: Client
) -> None:
    html = text_of(owner.get(at(shop)))
    assert "Subscribe to Pro, monthly" in html
    assert "Subscribe to Pro, yearly" in html
    assert "$49</b> a month" in html
    assert "The first 14 days are free" in html
    assert "No invoice yet" in html


def test_subscribing_leads_to_stripe_without_a_redirect_of_the_form(
    shop: Shop, owner: Client
) -> None:
    answer = owner.post(at(shop, "checkout/"), PRO)
    page = shop.stripe.books.all("checkout.session")[0]
    assert answer.status_code == 200
    assert f'<a class="button" href="{page["url"]}">' in text_of(answer)
    assert answer.headers["Cache-Control"] == "no-store"
    assert page["success_url"] == f"http://testserver{at(shop, 'done/')}"
    assert page["cancel_url"] == f"http://testserver{at(shop, 'left/')}"


def test_the_way_back_says_that_stripe_has_not_told_yet_and_then_that_it_has(
    shop: Shop, owner: Client
) -> None:
    owner.post(at(shop, "checkout/"), PRO)
    shop.stripe.complete(shop.stripe.books.all("checkout.session")[0]["id"])
    html = text_of(owner.get(at(shop, "done/")))
    assert "Waiting for Stripe's confirmation" in html
    assert 'hx-trigger="every 3s"' in html
    assert "Stripe has confirmed nothing yet" in text_of(owner.get(at(shop)))
    shop.tell()
    html = text_of(owner.get(at(shop, "done/")))
    assert "Stripe has confirmed it" in html
    assert 'hx-trigger="every' not in html
    assert "confirmed nothing yet" not in text_of(owner.get(at(shop)))


def test_looking_changes_nothing(shop: Shop, owner: Client) -> None:
    shop.buy()
    asked = len(shop.stripe.asked)
    for path in READS:
        owner.get(at(shop, path))
    assert len(shop.stripe.asked) == asked
    assert Subscription.objects.count() == 0


def test_who_left_the_page_of_stripe_is_told_that_nothing_was_bought(
    shop: Shop, owner: Client
) -> None:
    assert "Nothing was bought" in text_of(owner.get(at(shop, "left/")))


def test_a_subscriber_sees_plan_renewal_and_invoices(shop: Shop, owner: Client) -> None:
    shop.subscribe()
    shop.stripe.advance(days=15)
    shop.tell()
    html = text_of(owner.get(at(shop)))
    invoice = shop.stripe.books.all("invoice")[0]
    assert "Pro, monthly" in html
    assert "<dt>Renews</dt>" in html
    assert invoice["number"] in html
    assert invoice["hosted_invoice_url"] in html
    assert invoice["invoice_pdf"] in html
    assert "Change to Pro, yearly" in html
    assert "Subscribe to" not in html


def test_plans_are_changed_canceled_and_resumed_by_buttons(
    shop: Shop, owner: Client
) -> None:
    shop.subscribe()
    changed = text_of(owner.post(at(shop, "change/"), YEARLY, follow=True))
    assert "The plan is Pro by the year from now on." in changed
    ending = text_of(owner.post(at(shop, "cancel/"), follow=True))
    assert "<dt>Ends</dt>" in ending
    assert "nothing is deleted afterwards" in ending
    assert "Do not end it" in ending
    going = text_of(owner.post(at(shop, "resume/"), follow=True))
    assert "The plan goes on." in going
    assert "<dt>Ends</dt>" not in going


def test_who_ordered_what_is_on_record(shop: Shop, owner: Client) -> None:
    shop.subscribe()
    owner.post(at(shop, "change/"), YEARLY)
    owner.post(at(shop, "cancel/"))
    owner.post(at(shop, "cancel/"))
    owner.post(at(shop, "resume/"))
    told = AuditEvent.objects.filter(act__startswith="plan.").order_by("at", "id")
    assert [(one.act, one.actor_label) for one in told] == [
        ("plan.changed", shop.cast.owner.email),
        ("plan.canceled", shop.cast.owner.email),
        ("plan.resumed", shop.cast.owner.email),
    ]
    assert told[0].details == {"from": "Pro by the month", "to": "Pro by the year"}


def test_the_portal_leads_back_to_the_page(shop: Shop, owner: Client) -> None:
    shop.subscribe()
    html = text_of(owner.post(at(shop, "portal/")))
    session = shop.stripe.books.all("billing_portal.session")[0]
    assert session["url"] in html
    assert session["return_url"] == f"http://testserver{at(shop)}"


def test_a_missing_payment_is_said_with_its_date(shop: Shop, owner: Client) -> None:
    bought = shop.subscribe(card="failing")
    shop.stripe.advance(days=15)
    shop.tell()
    html = text_of(owner.get(at(shop)))
    assert "A payment is missing" in html
    assert "The workspace keeps Pro until" in html
    assert ">Pay<" in html
    assert "Change to" not in html
    assert "Subscribe to" not in html
    Subscription.objects.filter(stripe_id=bought).update(
        past_due_since="2026-01-01T00:00:00Z"
    )
    html = text_of(owner.get(at(shop)))
    assert "The workspace has had Free since" in html
    assert "nothing was deleted" in html


def test_two_subscriptions_are_said(shop: Shop, owner: Client) -> None:
    row = shop.row(shop.subscribe())
    row.pk, row.stripe_id = None, "sub_twin"
    row.save(force_insert=True)
    assert "pays for more than one subscription" in text_of(owner.get(at(shop)))


def test_without_a_key_the_page_says_so_and_offers_nothing(
    shop: Shop, owner: Client, settings: Any
) -> None:
    settings.STRIPE_SECRET_KEY = ""
    html = text_of(owner.get(at(shop)))
    assert "Billing is not set up on this installation." in html
    assert "Subscribe" not in html
    for act in ACTS:
        answer = owner.post(at(shop, f"{act}/"), PRO)
        assert answer.status_code == 409
        assert "Billing is not set up" in text_of(answer)
    assert "Billing is not set up" in text_of(owner.get("/pricing/"))


@pytest.mark.parametrize(
    ("status", "says"),
    [(503, "try again in a minute"), (0, "try again in a minute"), (429, "again")],
)
def test_stripe_that_is_down_is_said_with_what_to_do(
    shop: Shop, owner: Client, status: int, says: str
) -> None:
    shop.stripe.faults.extend([Fault("GET /v1/prices", status)] * 2)
    answer = owner.post(at(shop, "checkout/"), PRO)
    assert answer.status_code == 502
    assert says in text_of(answer)
    assert owner.get(at(shop)).status_code == 200


@pytest.mark.parametrize("form", [{}, {"tier": "pro"}, {"tier": "x", "interval": "y"}])
def test_what_is_not_for_sale_is_refused(
    shop: Shop, owner: Client, form: dict[str, str]
) -> None:
    assert owner.post(at(shop, "checkout/"), form).status_code == 422
    assert BillingCustomer.objects.count() == 0


@pytest.mark.parametrize(
    ("who", "status"),
    [("admin", 403), ("teammate", 403), ("viewer", 403), ("stranger", 404)],
)
def test_billing_is_the_owners_alone(shop: Shop, who: str, status: int) -> None:
    shop.subscribe()
    asked, before = len(shop.stripe.asked), Subscription.objects.values().get()
    client = as_(getattr(shop.cast, who))
    for path in READS:
        assert client.get(at(shop, path)).status_code == status
    for act in ACTS:
        assert client.post(at(shop, f"{act}/"), YEARLY).status_code == status
    assert len(shop.stripe.asked) == asked
    assert Subscription.objects.values().get() == before


def test_only_owners_have_the_tab(shop: Shop, owner: Client) -> None:
    overview = f"/workspaces/{shop.workspace_id}/"
    assert at(shop) in text_of(owner.get(overview))
    assert at(shop) not in text_of(as_(shop.cast.admin).get(overview))


def test_whoever_is_not_signed_in_is_asked_to(shop: Shop) -> None:
    for path in (*READS, *(f"{act}/" for act in ACTS)):
        answer = Client().post(at(shop, path))
        assert answer.status_code == 302
        assert answer.headers["Location"].startswith("/sign-in/")


def test_acts_need_a_form_of_ours(shop: Shop) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(shop.cast.owner)
    for act in ACTS:
        assert client.get(at(shop, f"{act}/")).status_code == 405
        assert client.post(at(shop, f"{act}/"), PRO).status_code == 403
    assert shop.stripe.asked == []


def test_prices_are_for_anybody(shop: Shop, owner: Client) -> None:
    html = text_of(Client().get("/pricing/"))
    for words in ("$49<", "$490 a year", "$499<", "10,000 calls", "Sign in to"):
        assert words in html
    mine = text_of(owner.get("/pricing/"))
    assert f'href="{at(shop)}"' in mine
    assert "Sign in to subscribe" not in mine


def test_the_page_asks_the_database_little(
    shop: Shop, owner: Client, django_assert_max_num_queries: Any
) -> None:
    shop.subscribe()
    with django_assert_max_num_queries(16):
        owner.get(at(shop))
