"""Signing in and out, and the pages of workspaces."""

from __future__ import annotations

from django.contrib.auth.views import LoginView, LogoutView
from django.urls import path

from apps.accounts.web import callbacks
from apps.accounts.web.forms import SignInForm
from apps.accounts.web.workspaces import workspace_page, workspaces_page

_WEBHOOKS = "workspaces/<uuid:workspace_id>/webhooks/"

urlpatterns = [
    path(
        "sign-in/",
        LoginView.as_view(
            template_name="accounts/sign_in.html",
            authentication_form=SignInForm,
            redirect_authenticated_user=True,
        ),
        name="sign_in",
    ),
    path("workspaces/", workspaces_page, name="workspaces"),
    path("workspaces/<uuid:workspace_id>/", workspace_page, name="workspace"),
    path(_WEBHOOKS, callbacks.webhooks_page, name=callbacks.VIEW),
    path(f"{_WEBHOOKS}secret/", callbacks.rotate, name="rotate-webhook-secret"),
    path(
        f"{_WEBHOOKS}deliveries/<uuid:delivery_id>/again/",
        callbacks.again,
        name="send-delivery-again",
    ),
    path("sign-out/", LogoutView.as_view(), name="sign_out"),
]
