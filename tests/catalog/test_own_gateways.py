"""Whose key a provider is asked with, and that no key gets out."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING
from uuid import UUID

import pytest
from asgiref.sync import async_to_sync

from apps.catalog.domain.completions import Completion, Outcome
from apps.catalog.domain.credentials import OwnKey
from apps.catalog.pipelines.completions import open_completer
from apps.catalog.pipelines.own_keys import try_credential
from apps.catalog.selectors.providers import get_provider
from apps.core.backoff import RetryPolicy
from apps.core.errors import NotFoundError
from tests.accounts.cast import NOW
from tests.catalog.own import KEY, OPERATORS, give_key, make_provider
from tests.catalog.rows import MODEL
from tests.fakes.llm_wire import Reply

if TYPE_CHECKING:
    from pytest_django.fixtures import Settings

    from tests.accounts.cast import Cast
    from tests.fakes.llm_server import FakeLLM

pytestmark = pytest.mark.django_db
TEAM = UUID(int=7)


def ask_acme(own_key: OwnKey | None) -> Completion:
    model = replace(MODEL, provider=get_provider("acme"))

    async def work() -> Completion:
        retries = RetryPolicy(max_retries=0)
        async with open_completer(
            model, now=NOW, retries=retries, own_key=own_key
        ) as completer:
            return await completer.complete("Hello?")

    return async_to_sync(work)()


@pytest.fixture
def acme(server: FakeLLM, settings: Settings) -> FakeLLM:
    settings.ACME_API_KEY = OPERATORS
    make_provider(base_url=server.base_url)
    return server


def keys_sent(server: FakeLLM) -> list[str]:
    return [one.headers["authorization"] for one in server.requests]


def test_a_workspace_asks_with_its_own_key(acme: FakeLLM) -> None:
    assert ask_acme(OwnKey(TEAM, "acme", KEY)).outcome is Outcome.OK
    assert keys_sent(acme) == [f"Bearer {KEY}"]


def test_the_operator_asks_with_the_operators(acme: FakeLLM) -> None:
    assert ask_acme(None).outcome is Outcome.OK
    assert keys_sent(acme) == [f"Bearer {OPERATORS}"]


def test_a_workspace_without_a_key_never_asks_with_the_operators(acme: FakeLLM) -> None:
    completion = ask_acme(OwnKey(TEAM, "acme"))
    assert completion.outcome is Outcome.MISSING_KEY
    assert "holds no credential for it" in completion.detail
    assert acme.requests == []


def test_a_workspace_needs_no_key_of_the_operators(
    acme: FakeLLM, settings: Settings
) -> None:
    settings.ACME_API_KEY = ""
    assert ask_acme(OwnKey(TEAM, "acme", KEY)).outcome is Outcome.OK


def test_servers_of_the_operator_are_out_of_a_workspaces_reach(
    server: FakeLLM,
) -> None:
    make_provider(base_url=server.base_url, is_local=True, key_variable="")
    completion = ask_acme(OwnKey(TEAM, "acme", KEY))
    assert completion.outcome is Outcome.UPSTREAM_FAILED
    assert "belongs to the operator" in completion.detail
    assert server.requests == []


@pytest.mark.parametrize("cut", [len(KEY), 12])
def test_a_key_that_the_provider_repeats_is_struck_out(acme: FakeLLM, cut: int) -> None:
    said = f"Incorrect API key provided: {KEY[:cut]}"
    acme.reply = Reply(status=400, error={"error": {"message": said}})
    completion = ask_acme(OwnKey(TEAM, "acme", KEY))
    assert KEY[:cut] not in completion.detail
    assert completion.detail.endswith("provided: [removed]")


def test_a_credential_is_tried_by_asking_for_the_models(
    cast: Cast, acme: FakeLLM
) -> None:
    give_key(cast.workspace.id)
    trial = try_credential(workspace_id=cast.workspace.id, provider="acme")
    assert (trial.is_accepted, trial.models, trial.detail) == (True, 1, "")
    assert keys_sent(acme) == [f"Bearer {KEY}"]


def test_a_credential_that_is_refused_is_told_in_words(
    cast: Cast, acme: FakeLLM
) -> None:
    give_key(cast.workspace.id)
    acme.models_status = 401
    trial = try_credential(workspace_id=cast.workspace.id, provider="acme")
    assert (trial.is_accepted, trial.models) == (False, 0)
    assert "401" in trial.detail
    with pytest.raises(NotFoundError, match="No credential"):
        try_credential(
            workspace_id=cast.stranger.personal_workspace.id, provider="acme"
        )
