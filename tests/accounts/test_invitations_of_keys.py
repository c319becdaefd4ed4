"""Invitations that an API key sends: whose they are, and how long they hold."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from apps.accounts.domain.keys import Scope
from apps.accounts.domain.roles import Role
from apps.accounts.selectors.workspaces import Viewer
from apps.accounts.services.keys import revoke_key
from apps.core.errors import ConflictError
from tests.accounts.keys import new_key
from tests.accounts.test_invitations import accept, ask, token_of_last_mail
from tests.accounts.test_members import acting, remove, role_of

if TYPE_CHECKING:
    from tests.accounts.cast import Cast

pytestmark = pytest.mark.django_db


def key_of(cast: Cast) -> Viewer:
    """A key of the admin's, as one who asks."""
    key = new_key(cast, by=cast.admin, scopes=[Scope.ACCOUNT_WRITE])
    roles = {cast.workspace.id: Role.ADMIN}
    return Viewer(key_id=key.id, workspace_ids=tuple(roles), roles=roles)


def test_an_invitation_of_a_key_is_its_makers(
    cast: Cast,
) -> None:
    ask(cast, viewer=key_of(cast))
    token = token_of_last_mail()
    remove(cast, cast.owner, cast.admin)
    with pytest.raises(ConflictError, match="was taken back"):
        accept(cast.stranger, token)


def test_an_invitation_outlives_the_key_that_sent_it_while_its_maker_answers_for_it(
    cast: Cast,
) -> None:
    viewer = key_of(cast)
    ask(cast, viewer=viewer)
    token = token_of_last_mail()
    assert viewer.key_id is not None
    revoke_key(
        workspace_id=cast.workspace.id, key_id=viewer.key_id, **acting(cast.owner)
    )
    accept(cast.stranger, token)
    assert role_of(cast.workspace, cast.stranger) == "member"
