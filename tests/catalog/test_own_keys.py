"""Keys that workspaces bring: stored sealed, replaced, removed, never shown."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING

import pytest
from django.db import IntegrityError, transaction

from apps.accounts.domain.audit import Actor
from apps.accounts.models import AuditEvent, Workspace
from apps.accounts.selectors.workspaces import ANONYMOUS, get_viewer
from apps.catalog.domain.credentials import OwnKey
from apps.catalog.models import ProviderCredential
from apps.catalog.selectors.own_keys import (
    list_credentials,
    list_keyed_providers,
    list_providers_without_key,
    read_own_key,
)
from apps.catalog.services.own_keys import note_use, remove_credential
from apps.core.errors import InvalidInputError, NotFoundError
from tests.accounts.cast import NOW
from tests.catalog.own import KEY, give_key, make_provider

if TYPE_CHECKING:
    from tests.accounts.cast import Cast

pytestmark = pytest.mark.django_db


def test_a_key_is_sealed_and_shown_by_its_last_four_letters(cast: Cast) -> None:
    make_provider()
    assert give_key(cast.workspace.id, name="Bridges") is True
    stored = ProviderCredential.objects.get()
    assert KEY.encode() not in bytes(stored.sealed)
    (row,) = list_credentials(get_viewer(cast.viewer, NOW), cast.workspace.id)
    assert (row.provider, row.name, row.last_four) == ("acme", "Bridges", "WXYZ")
    assert read_own_key(cast.workspace.id, "acme").value == KEY


def test_what_stores_a_key_or_prints_it_tells_nothing(cast: Cast) -> None:
    make_provider()
    give_key(cast.workspace.id)
    event = AuditEvent.objects.get()
    assert (event.act, event.subject) == ("credential.stored", "acme")
    assert event.details == {"ends_in": "WXYZ", "name": ""}
    assert KEY not in repr(read_own_key(cast.workspace.id, "acme"))
    assert KEY not in str(ProviderCredential.objects.values())


def test_a_second_key_takes_the_place_of_the_first(cast: Cast) -> None:
    make_provider()
    give_key(cast.workspace.id)
    assert give_key(cast.workspace.id, key="sk-another-0123456789") is False
    assert ProviderCredential.objects.get().last_four == "6789"
    assert read_own_key(cast.workspace.id, "acme").value == "sk-another-0123456789"
    acts = AuditEvent.objects.order_by("id").values_list("act", flat=True)
    assert list(acts) == ["credential.stored", "credential.replaced"]


def test_the_database_keeps_one_key_for_a_provider(cast: Cast) -> None:
    provider = make_provider()
    give_key(cast.workspace.id)
    with pytest.raises(IntegrityError), transaction.atomic():
        ProviderCredential.objects.create(
            workspace=cast.workspace, provider=provider, sealed=b"x", last_four="abcd"
        )


def test_a_removed_key_is_gone(cast: Cast) -> None:
    make_provider()
    give_key(cast.workspace.id)
    remove = partial(remove_credential, workspace_id=cast.workspace.id, now=NOW)
    remove(provider="acme", actor=Actor())
    assert read_own_key(cast.workspace.id, "acme") == OwnKey(cast.workspace.id, "acme")
    assert AuditEvent.objects.latest("id").act == "credential.removed"
    with pytest.raises(NotFoundError, match="No credential for 'acme'"):
        remove(provider="acme", actor=Actor())


@pytest.mark.parametrize(
    ("key", "word"),
    [
        ("short", "16 to 500 letters; this has 5"),
        ("x" * 501, "16 to 500 letters; this has 501"),
        ("sk-0123456789 abcdef", "without blanks"),
        ("sk-0123456789\nabcdef", "without blanks"),
        ("sk-0123456789äbcdef", "of ASCII"),
    ],
)
def test_what_cannot_be_a_key_is_refused_without_repeating_it(
    cast: Cast, key: str, word: str
) -> None:
    make_provider()
    with pytest.raises(InvalidInputError, match=word) as caught:
        give_key(cast.workspace.id, key=key)
    assert key not in str(caught.value)
    assert not ProviderCredential.objects.exists()


def test_providers_of_the_installation_take_no_key(cast: Cast) -> None:
    make_provider("ours", is_local=True)
    make_provider("inside", gateway="embedded", is_local=True)
    make_provider("off", is_active=False)
    make_provider("nowhere", base_url="")
    make_provider("acme")
    assert [one.name for one in list_keyed_providers()] == ["acme"]
    for name in ("ours", "inside", "off", "nowhere"):
        with pytest.raises(InvalidInputError, match=f"{name} takes no key"):
            give_key(cast.workspace.id, name)
    with pytest.raises(NotFoundError, match="'none'; there is acme"):
        give_key(cast.workspace.id, "none")


def test_a_key_opens_in_no_other_row_and_no_other_workspace(cast: Cast) -> None:
    make_provider()
    give_key(cast.workspace.id)
    other = Workspace.objects.create(name="Elsewhere")
    ProviderCredential.objects.update(workspace=other)
    assert read_own_key(other.id, "acme").value == ""


def test_strangers_see_no_credential(cast: Cast) -> None:
    make_provider()
    give_key(cast.workspace.id)
    for viewer in (get_viewer(cast.stranger, NOW), ANONYMOUS):
        assert list_credentials(viewer, cast.workspace.id) == ()


def test_the_use_of_a_key_is_noted_once_a_minute(cast: Cast) -> None:
    make_provider()
    give_key(cast.workspace.id)
    key = read_own_key(cast.workspace.id, "acme")
    for seconds, noted in ((0, 0), (59, 0), (61, 61)):
        note_use(key=key, now=NOW + timedelta(seconds=seconds))
        used_at = ProviderCredential.objects.get().last_used_at
        assert used_at == NOW + timedelta(seconds=noted)


def test_the_embedded_model_alone_needs_no_key(cast: Cast) -> None:
    make_provider("embedded", gateway="embedded", is_local=True)
    make_provider("ours", is_local=True)
    make_provider("acme")
    make_provider("other")
    give_key(cast.workspace.id)
    wanted = ("other", "embedded", "acme", "ours", "acme")
    lacking = list_providers_without_key(cast.workspace.id, wanted)
    assert lacking == ("other", "ours")
