"""Signing in and out, a person's own pages, and the pages of workspaces."""

from __future__ import annotations

from django.urls import include, path

from apps.accounts.web import callbacks
from apps.accounts.web.impersonation import stop
from apps.accounts.web.workspaces import workspace_page, workspaces_page

_WEBHOOKS = "workspaces/<uuid:workspace_id>/webhooks/"

urlpatterns = [
    path("", include("apps.accounts.web.people_urls")),
    path("", include("apps.accounts.web.key_urls")),
    path("workspaces/", workspaces_page, name="workspaces"),
    path("workspaces/<uuid:workspace_id>/", workspace_page, name="workspace"),
    path(_WEBHOOKS, callbacks.webhooks_page, name=callbacks.VIEW),
    path(f"{_WEBHOOKS}secret/", callbacks.rotate, name="rotate-webhook-secret"),
    path(
        f"{_WEBHOOKS}deliveries/<uuid:delivery_id>/again/",
        callbacks.again,
        name="send-delivery-again",
    ),
    path("impersonation/stop/", stop, name="stop_impersonation"),
]
