"""A form that is sent twice at the same moment, by real threads."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from apps.accounts.domain.audit import Actor
from apps.core.ids import new_id
from apps.predictions.domain.asking import Asked
from apps.predictions.models import AskRun
from apps.predictions.services.ask_estimates import estimate_ask
from apps.predictions.services.ask_once import EstimateChangedError, start_ask_once
from tests.accounts.cast import Cast, make_cast
from tests.accounts.test_at_once import at_once
from tests.catalog.own import give_key, make_provider
from tests.fakes.broker import DOWN, sending_to
from tests.on_demand.cast import add_model, entitle
from tests.predictions.asking import clock, open_market

if TYPE_CHECKING:
    from uuid import UUID


@pytest.fixture
def crowd(transactional_db: None) -> Cast:
    """The cast, committed, where every thread sees it, with a model and a market."""
    cast = make_cast()
    entitle(cast.workspace.id)
    add_model(make_provider())
    give_key(cast.workspace.id)
    open_market()
    return cast


def start(cast: Cast, asked: Asked, key: UUID, shown: str) -> UUID:
    return start_ask_once(
        workspace_id=cast.workspace.id,
        asked=asked,
        key=key,
        shown=shown,
        actor=Actor(label="owner@example.org"),
        now=clock(),
    )


def test_a_form_that_is_sent_twice_at_once_begins_one_asking(crowd: Cast) -> None:
    asked, key, begun = Asked("trial", ("acme/m",), query="rain"), new_id(), []
    estimate = estimate_ask(workspace_id=crowd.workspace.id, asked=asked, now=clock())

    def send() -> None:
        with sending_to(DOWN):
            begun.append(start(crowd, asked, key, estimate.digest))

    assert at_once(*[send] * 4) == ["done"] * 4
    assert set(begun) == {AskRun.objects.get().pk}


def test_a_key_begins_nothing_else_than_it_began(crowd: Cast) -> None:
    asked, key = Asked("trial", ("acme/m",), query="rain"), new_id()
    estimate = estimate_ask(workspace_id=crowd.workspace.id, asked=asked, now=clock())
    with sending_to(DOWN):
        start(crowd, asked, key, estimate.digest)
    other = Asked("another", ("acme/m",), query="rain")
    for changed, shown in ((other, estimate.digest), (asked, "what nobody saw")):
        with pytest.raises(EstimateChangedError):
            start(crowd, changed, key, shown)
    assert AskRun.objects.count() == 1
