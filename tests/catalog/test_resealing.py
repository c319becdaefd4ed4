"""After a rotation of keys, what is stored is sealed with the new one."""

from __future__ import annotations

import base64
from io import StringIO
from typing import TYPE_CHECKING

import pytest
from django.core.management import call_command

from apps.catalog.models import ProviderCredential
from apps.catalog.selectors.own_keys import read_own_key
from apps.catalog.services.own_keys import reseal_credentials
from apps.core.secrets import Resealed, register_sealed
from tests.catalog.own import KEY, give_key, make_provider

if TYPE_CHECKING:
    from pytest_django.fixtures import Settings

    from tests.accounts.cast import Cast

pytestmark = pytest.mark.django_db
OLD, NEW = (base64.b64encode(bytes([n]) * 32).decode() for n in (1, 2))


@pytest.fixture
def sealed_long_ago(cast: Cast, settings: Settings) -> Cast:
    settings.ENCRYPTION_KEYS = [OLD]
    make_provider()
    give_key(cast.workspace.id)
    return cast


def test_a_secret_opens_under_the_new_key_alone_afterwards(
    sealed_long_ago: Cast, settings: Settings
) -> None:
    settings.ENCRYPTION_KEYS = [NEW, OLD]
    assert reseal_credentials() == Resealed(renewed=1)
    assert reseal_credentials() == Resealed(current=1)
    settings.ENCRYPTION_KEYS = [NEW]
    assert read_own_key(sealed_long_ago.workspace.id, "acme").value == KEY


def test_the_command_says_what_it_did(
    sealed_long_ago: Cast, settings: Settings
) -> None:
    settings.ENCRYPTION_KEYS = [NEW, OLD]
    said = StringIO()
    call_command("credentials", "reseal", stdout=said)
    line = "provider credentials: 1 sealed anew, 0 were current"
    assert line in said.getvalue().splitlines()


def test_a_secret_whose_key_is_gone_is_left_and_counted(
    sealed_long_ago: Cast, settings: Settings
) -> None:
    settings.ENCRYPTION_KEYS = [NEW]
    before = bytes(ProviderCredential.objects.get().sealed)
    complaints = StringIO()
    with pytest.raises(SystemExit) as caught:
        call_command("credentials", "reseal", stdout=StringIO(), stderr=complaints)
    assert caught.value.code == 1
    assert "provider credentials: 1 do not open" in complaints.getvalue()
    assert bytes(ProviderCredential.objects.get().sealed) == before
    assert read_own_key(sealed_long_ago.workspace.id, "acme").value == ""


def test_a_kind_of_secret_is_registered_once() -> None:
    with pytest.raises(ValueError, match="registered already"):
        register_sealed("provider credentials", Resealed)
