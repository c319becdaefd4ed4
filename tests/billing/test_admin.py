"""What operators see of billing, and what the checks warn of."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from django.test import Client

from apps.accounts.checks import check_billing
from apps.accounts.models import StripeEvent, Subscription
from tests.accounts.cast import make_person

if TYPE_CHECKING:
    from tests.billing.shop import Shop

TABLES = (Subscription, StripeEvent)


@pytest.mark.parametrize("table", TABLES)
def test_operators_read_the_mirror_and_change_nothing_in_it(
    shop: Shop, table: Any
) -> None:
    shop.subscribe()
    operator = make_person("op@example.org", is_staff=True, is_superuser=True)
    client = Client()
    client.force_login(operator)
    place = f"/admin/accounts/{table._meta.model_name}/"
    row = table.objects.first()
    assert client.get(place).status_code == 200
    assert client.get(f"{place}{row.pk}/change/").status_code == 200
    before = table.objects.values().get(pk=row.pk)
    assert client.post(f"{place}{row.pk}/change/", {}).status_code == 403
    assert client.post(f"{place}{row.pk}/delete/", {"post": "yes"}).status_code == 403
    assert client.get(f"{place}add/").status_code == 403
    assert table.objects.values().get(pk=row.pk) == before


def test_a_key_without_a_signing_secret_is_warned_of(settings: Any) -> None:
    settings.STRIPE_SECRET_KEY = "sk_test_of_the_fake"  # noqa: S105
    settings.STRIPE_WEBHOOK_SECRETS = []
    assert [one.id for one in check_billing(None)] == ["assay.W010"]
    settings.STRIPE_WEBHOOK_SECRETS = ["whsec_of_the_fake"]
    assert check_billing(None) == []
    settings.STRIPE_SECRET_KEY = ""
    settings.STRIPE_WEBHOOK_SECRETS = []
    assert check_billing(None) == []
