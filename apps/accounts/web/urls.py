"""Signing in and out, a person's own pages, and the pages of workspaces."""

from __future__ import annotations

from django.urls import include, path

from apps.accounts.web import audit, callbacks, invitations, members, workspace_settings
from apps.accounts.web.impersonation import stop
from apps.accounts.web.workspaces import workspace_menu, workspace_page, workspaces_page

_ONE = "workspaces/<uuid:workspace_id>"
_MEMBER = f"{_ONE}/members/<uuid:member_id>"
_INVITATION = f"{_ONE}/invitations/<uuid:invitation_id>"
_WEBHOOKS = f"{_ONE}/webhooks/"
_OFFER = "invitations/<slug:token>"

urlpatterns = [
    path("", include("apps.accounts.web.people_urls")),
    path("", include("apps.accounts.web.key_urls")),
    path("workspaces/", workspaces_page, name="workspaces"),
    path("workspaces/menu/", workspace_menu, name="workspace_menu"),
    path("workspaces/new/", workspace_settings.new_workspace, name="new_workspace"),
    path(f"{_ONE}/", workspace_page, name="workspace"),
    path(f"{_ONE}/members/", members.members_page, name="workspace_members"),
    path(f"{_MEMBER}/", members.member_page, name="workspace_member"),
    path(f"{_MEMBER}/remove/", members.remove_page, name="remove_member"),
    path(f"{_INVITATION}/resend/", members.resend, name="resend_invitation"),
    path(f"{_INVITATION}/revoke/", members.revoke, name="revoke_invitation"),
    path(f"{_ONE}/audit/", audit.audit_page, name="workspace_audit"),
    path(f"{_ONE}/audit.json", audit.audit_json, name="workspace_audit_json"),
    path(f"{_ONE}/audit.csv", audit.audit_csv, name="workspace_audit_csv"),
    path(
        f"{_ONE}/settings/",
        workspace_settings.settings_page,
        name="workspace_settings",
    ),
    path(
        f"{_ONE}/transfer/", workspace_settings.transfer_page, name="transfer_workspace"
    ),
    path(f"{_ONE}/leave/", workspace_settings.leave_page, name="leave_workspace"),
    path(f"{_ONE}/delete/", workspace_settings.delete_page, name="delete_workspace"),
    path(f"{_ONE}/keep/", workspace_settings.keep, name="keep_workspace"),
    path(f"{_OFFER}/", invitations.invitation_page, name="invitation"),
    path(f"{_OFFER}/sign-up/", invitations.sign_up, name="sign_up_invited"),
    path(f"{_OFFER}/accept/", invitations.accept, name="accept_invitation"),
    path(f"{_OFFER}/decline/", invitations.decline, name="decline_invitation"),
    path(_WEBHOOKS, callbacks.webhooks_page, name=callbacks.VIEW),
    path(f"{_WEBHOOKS}secret/", callbacks.rotate, name="rotate-webhook-secret"),
    path(
        f"{_WEBHOOKS}deliveries/<uuid:delivery_id>/again/",
        callbacks.again,
        name="send-delivery-again",
    ),
    path("impersonation/stop/", stop, name="stop_impersonation"),
]
