from __future__ import annotations

from importlib import import_module
from typing import Any

import pytest
from django.apps import apps
from django.utils import timezone

from apps.accounts.domain.tiers import Entitlement
from apps.accounts.models import TierOverride, User, Workspace
from apps.accounts.selectors.entitlements import entitlements
from apps.accounts.services.demo import (
    DEMO_EMAIL,
    ensure_demo_user,
    reset_demo_password,
)
from tests.people.acting import ADA, WORDS, Visitor

pytestmark = pytest.mark.django_db


def test_the_demo_operator_signs_in_with_the_password_that_is_shown() -> None:
    password = ensure_demo_user()
    assert password
    assert Visitor().sign_in(DEMO_EMAIL, password).headers["Location"] == "/"


def test_nothing_is_withheld_from_the_operator_on_their_own_machine() -> None:
    assert ensure_demo_user()
    entitled = entitlements(Workspace.objects.get().pk, timezone.now())
    limits = (entitled.limit.calls, entitled.history_days)
    assert (entitled.granted, limits) == (frozenset(Entitlement), (None, None))


def test_what_an_operator_takes_from_it_stays_taken() -> None:
    ensure_demo_user()
    TierOverride.objects.all().delete()
    assert ensure_demo_user() is None
    assert entitlements(Workspace.objects.get().pk, timezone.now()).tier.slug == "free"


def test_so_does_one_from_before_addresses_were_confirmed() -> None:
    ensure_demo_user()
    User.objects.get().emailaddress_set.all().delete()
    password = reset_demo_password()
    assert password
    assert Visitor().sign_in(DEMO_EMAIL, password).headers["Location"] == "/"


def test_people_from_before_sign_ups_need_no_code_and_sign_ups_still_do() -> None:
    User.objects.create_user(ADA, WORDS)
    Visitor().sign_up("waiting@example.org")
    name = "apps.accounts.migrations.0009_vouch_for_those_who_were_here"
    migration: Any = import_module(name)
    migration.vouch(apps, None)
    assert Visitor().sign_in(ADA, WORDS).status_code == 302
    assert Visitor().sign_in("waiting@example.org", WORDS).status_code == 200
