from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from django.db import ProgrammingError, connection, transaction

from apps.accounts.domain.audit import SYSTEM, Act, Actor
from apps.accounts.models import AuditEvent
from apps.accounts.services.audit import record
from tests.accounts.cast import NOW

if TYPE_CHECKING:
    from tests.accounts.cast import Cast

pytestmark = pytest.mark.django_db


def test_an_act_is_kept_with_who_what_and_when(cast: Cast) -> None:
    actor = Actor(cast.owner.id, "owner@example.org", "192.0.2.7")
    record(
        act=Act.WORKSPACE_RENAMED,
        actor=actor,
        now=NOW,
        workspace_id=cast.workspace.id,
        subject="Bridges",
        details={"before": "Bridge builders"},
    )
    event = AuditEvent.objects.get()
    assert (event.at, event.act, event.subject) == (NOW, "workspace.renamed", "Bridges")
    assert (event.actor_id, event.actor_label, event.ip) == (
        cast.owner.id,
        "owner@example.org",
        "192.0.2.7",
    )


@pytest.mark.parametrize(
    "statement",
    ["UPDATE accounts_auditevent SET subject = ''", "DELETE FROM accounts_auditevent"],
)
def test_the_log_is_only_added_to(statement: str) -> None:
    record(act=Act.TIER_CHANGED, actor=SYSTEM, now=NOW, subject="pro")
    with (
        pytest.raises(ProgrammingError, match="only added to"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(statement)
    assert AuditEvent.objects.get().subject == "pro"
