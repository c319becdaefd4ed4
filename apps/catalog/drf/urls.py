"""Addresses of the catalogue in the account API."""

from __future__ import annotations

from django.urls import path

from apps.catalog.drf.credentials import (
    CredentialDetail,
    CredentialList,
    CredentialTrial,
)

_LIST = "workspaces/<uuid:workspace_id>/credentials/"

urlpatterns = [
    path(_LIST, CredentialList.as_view(), name="account-credentials"),
    path(
        f"{_LIST}<slug:provider>/",
        CredentialDetail.as_view(),
        name="account-credential",
    ),
    path(
        f"{_LIST}<slug:provider>/test/",
        CredentialTrial.as_view(),
        name="account-credential-test",
    ),
]
