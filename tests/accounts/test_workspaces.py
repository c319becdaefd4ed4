from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import pytest
from django.core.exceptions import ValidationError
from django.core.management import call_command

from apps.accounts.domain.roles import Power, Role, has_power
from apps.accounts.models import Membership, User, Workspace
from apps.accounts.selectors.workspaces import (
    ANONYMOUS,
    get_viewer,
    get_workspace,
    list_workspaces,
)
from apps.core.errors import ForbiddenError, NotFoundError
from tests.accounts.cast import NOW, make_person

if TYPE_CHECKING:
    from pathlib import Path

    from django.test import Client

    from tests.accounts.cast import Cast

pytestmark = pytest.mark.django_db


def test_everyone_has_a_workspace_of_their_own() -> None:
    ada = make_person("ada@example.org", name="Ada")
    workspace = Workspace.objects.get(personal_of=ada)
    member = Membership.objects.get(workspace=workspace)
    assert (workspace.name, member.user_id, member.role) == ("Ada", ada.id, Role.OWNER)


def test_a_workspace_without_a_name_is_called_by_the_address() -> None:
    make_person("ada@example.org")
    assert Workspace.objects.get().name == "ada"


def test_a_person_who_cannot_be_made_leaves_no_workspace() -> None:
    make_person("ada@example.org")
    with pytest.raises(ValidationError, match="already exists"):
        make_person("ADA@example.org")
    assert (User.objects.count(), Workspace.objects.count()) == (1, 1)


@pytest.mark.parametrize("role", Role)
def test_members_see_their_workspace_with_their_role(cast: Cast, role: Role) -> None:
    viewer = get_viewer(cast.members[role.value], NOW)
    row = get_workspace(viewer, cast.workspace.id)
    assert (row.name, row.role, row.is_personal) == ("Bridge builders", role, False)


def test_strangers_and_operators_do_not_find_it(cast: Cast) -> None:
    operator = make_person("root@example.org", is_staff=True, is_superuser=True)
    for viewer in (
        get_viewer(cast.stranger, NOW),
        get_viewer(operator, NOW),
        ANONYMOUS,
    ):
        with pytest.raises(NotFoundError):
            get_workspace(viewer, cast.workspace.id)


@pytest.mark.parametrize("power", Power)
@pytest.mark.parametrize("role", Role)
def test_a_power_is_refused_to_roles_without_it(
    cast: Cast, role: Role, power: Power
) -> None:
    viewer = get_viewer(cast.members[role.value], NOW)
    if has_power(role, power):
        assert get_workspace(viewer, cast.workspace.id, needs=power).role is role
        return
    with pytest.raises(ForbiddenError, match=f"is {role.value}"):
        get_workspace(viewer, cast.workspace.id, needs=power)


def test_each_role_has_what_the_next_has_and_more() -> None:
    powers = [{power for power in Power if has_power(role, power)} for role in Role]
    assert all(more > less for more, less in pairwise(powers))
    assert [len(one) for one in powers] == [10, 7, 3, 1]


def test_ones_own_workspace_comes_first(cast: Cast) -> None:
    rows = list_workspaces(get_viewer(cast.teammate, NOW))
    assert [row.name for row in rows] == ["teammate", "Bridge builders"]
    assert list_workspaces(ANONYMOUS) == ()


def test_a_stranger_gets_the_same_answer_as_for_no_workspace(
    client: Client, cast: Cast
) -> None:
    client.force_login(cast.stranger)
    for path in ("/workspaces/{}/", "/api/account/workspaces/{}/"):
        real = client.get(path.format(cast.workspace.id))
        none = client.get(path.format(cast.stranger.id))
        assert (real.status_code, none.status_code) == (404, 404)


def test_the_pages_show_a_members_workspaces(client: Client, cast: Cast) -> None:
    client.force_login(cast.viewer)
    assert "Bridge builders" in client.get("/workspaces/").content.decode()
    page = client.get(f"/workspaces/{cast.workspace.id}/").content.decode()
    assert "You are its viewer" in page
    assert "Free" in page


def test_the_pages_ask_anonymous_people_to_sign_in(client: Client, cast: Cast) -> None:
    for path in ("/workspaces/", f"/workspaces/{cast.workspace.id}/"):
        response = client.get(path)
        assert (response.status_code, response.headers["Location"]) == (
            302,
            f"/sign-in/?next={path}",
        )


def test_the_api_lists_a_members_workspaces(client: Client, cast: Cast) -> None:
    client.force_login(cast.teammate)
    said = client.get("/api/account/workspaces/").json()
    assert [(one["name"], one["role"], one["is_personal"]) for one in said] == [
        ("teammate", "owner", True),
        ("Bridge builders", "member", False),
    ]


def test_the_api_refuses_anonymous_people_as_a_problem(client: Client) -> None:
    response = client.get("/api/account/workspaces/")
    assert response.status_code == 401
    assert response.headers["Content-Type"] == "application/problem+json"


def test_the_description_of_the_account_api_is_whole(tmp_path: Path) -> None:
    file = tmp_path / "openapi.yml"
    call_command("spectacular", fail_on_warn=True, validate=True, file=str(file))
    assert "operationId: invite\n" in file.read_text()


def test_the_account_api_describes_itself_and_only_itself(client: Client) -> None:
    said = client.get("/api/account/openapi.json").json()
    assert said["openapi"].startswith("3.1")
    assert "/api/account/workspaces/{workspace_id}/" in said["paths"]
    assert all(path.startswith("/api/account/") for path in said["paths"])
