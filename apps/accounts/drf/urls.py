"""Addresses of the account API."""

from __future__ import annotations

from django.urls import path

from apps.accounts.drf.workspaces import WorkspaceDetail, WorkspaceList

urlpatterns = [
    path("workspaces/", WorkspaceList.as_view(), name="account-workspaces"),
    path(
        "workspaces/<uuid:workspace_id>/",
        WorkspaceDetail.as_view(),
        name="account-workspace",
    ),
]
