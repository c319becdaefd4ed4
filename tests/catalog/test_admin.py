from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

import pytest
from django.urls import reverse

from apps.catalog.models import Model, PriceSource

if TYPE_CHECKING:
    from django.test import Client

    from apps.catalog.models import Provider

pytestmark = pytest.mark.django_db


@pytest.fixture
def model(fake: Provider) -> Model:
    return Model.objects.create(
        provider=fake, name="m", upstream_name="m", display_name="M"
    )


def save(client: Client, model: Model, **changed: str) -> Model:
    form = {
        "provider": str(model.provider_id),
        "name": model.name,
        "upstream_name": model.upstream_name,
        "display_name": model.display_name,
        "sampling": "{}",
        "input_price": "",
        "output_price": "",
        **changed,
    }
    url = reverse("admin:catalog_model_change", args=[model.pk])
    response = client.post(url, form)
    assert response.status_code == 302, response.content.decode()
    model.refresh_from_db()
    return model


def test_a_price_entered_in_the_admin_says_that_it_was_entered_by_hand(
    admin_client: Client, model: Model
) -> None:
    save(admin_client, model, input_price="3", output_price="15")
    assert (model.input_price, model.output_price) == (Decimal(3), Decimal(15))
    assert model.price_source == PriceSource.HAND
    url = reverse("admin:catalog_model_changelist")
    assert "entered by hand" in admin_client.get(url).content.decode()


def test_another_change_leaves_the_source_of_the_price(
    admin_client: Client, model: Model
) -> None:
    save(admin_client, model, display_name="Mine")
    assert model.price_source == PriceSource.UNKNOWN


def test_an_emptied_price_is_sought_again(admin_client: Client, model: Model) -> None:
    save(admin_client, model, input_price="0", output_price="0")
    assert (model.price_source, model.is_free) == (PriceSource.HAND, True)
    save(admin_client, model)
    assert (model.price_source, model.is_free) == (PriceSource.UNKNOWN, False)


def test_the_list_of_providers_says_what_keeps_each_from_being_asked(
    admin_client: Client, fake: Provider
) -> None:
    fake.key_variable = "ABSENT_API_KEY"
    fake.save()
    url = reverse("admin:catalog_provider_changelist")
    assert "no key (set ABSENT_API_KEY)" in admin_client.get(url).content.decode()
