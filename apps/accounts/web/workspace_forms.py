"""The forms of a workspace's pages."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms

from apps.accounts.domain.names import MOST_ADDRESS, MOST_NAME
from apps.accounts.domain.roles import Role, roles_to_give

if TYPE_CHECKING:
    from collections.abc import Sequence

    from apps.accounts.selectors.members import MemberRow
    from apps.accounts.selectors.workspaces import WorkspaceRow

WHAT_ROLES_DO = {
    Role.OWNER: "everything, billing, the audit log and deletion included",
    Role.ADMIN: "members, credentials, settings and everybody's keys",
    Role.MEMBER: "runs, and keys of their own",
    Role.VIEWER: "sees, and changes nothing",
}


class NameForm(forms.Form):
    """What a workspace is called."""

    name = forms.CharField(
        label="Name",
        max_length=MOST_NAME,
        widget=forms.TextInput(attrs={"autocomplete": "organization"}),
    )


class RoleForm(forms.Form):
    """What somebody is to be, of what the one who asks may give."""

    role = forms.ChoiceField(label="Role")

    def __init__(self, workspace: WorkspaceRow, *args: Any, **kwargs: Any) -> None:
        """Offer what the workspace's viewer may give."""
        super().__init__(*args, **kwargs)
        self.fields["role"].choices = [  # type: ignore[attr-defined]
            (role.value, f"{role.value.capitalize()}: {WHAT_ROLES_DO[role]}")
            for role in roles_to_give(workspace.role)
            if not (workspace.is_personal and role is Role.OWNER)
        ]


class InviteForm(RoleForm):
    """Whom to invite, and as what."""

    email = forms.CharField(
        label="E-mail address",
        max_length=MOST_ADDRESS,
        widget=forms.EmailInput(attrs={"autocomplete": "off"}),
    )
    field_order = ["email", "role"]


class TransferForm(forms.Form):
    """Which member becomes the owner."""

    member = forms.ChoiceField(label="New owner")

    def __init__(self, members: Sequence[MemberRow], *args: Any, **kwargs: Any) -> None:
        """Offer everybody who is no owner yet."""
        super().__init__(*args, **kwargs)
        self.fields["member"].choices = [  # type: ignore[attr-defined]
            (str(one.id), f"{one.name} ({one.email})" if one.name else one.email)
            for one in members
            if one.role is not Role.OWNER
        ]


class DeleteForm(forms.Form):
    """The name of what is to be deleted, typed by hand."""

    name = forms.CharField(
        label="Type the name of the workspace",
        strip=True,
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )

    def __init__(self, workspace: WorkspaceRow, *args: Any, **kwargs: Any) -> None:
        """Keep the name that has to be typed."""
        super().__init__(*args, **kwargs)
        self._name = workspace.name

    def clean_name(self) -> str:
        """Refuse any other name."""
        typed: str = self.cleaned_data["name"]
        if typed != self._name:
            raise forms.ValidationError(f"That is not {self._name}.")
        return typed
