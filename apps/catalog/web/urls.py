"""Addresses of the catalogue."""

from __future__ import annotations

from django.urls import path

from apps.catalog.web import credentials, views

_CREDENTIALS = "workspaces/<uuid:workspace_id>/credentials/"

urlpatterns = [
    path("models/", views.model_list, name="models"),
    path("models.json", views.model_list_json),
    path("models.csv", views.model_list_csv),
    path(_CREDENTIALS, credentials.credentials_page, name=credentials.VIEW),
    path(
        f"{_CREDENTIALS}<slug:provider>/remove/",
        credentials.remove,
        name="remove-credential",
    ),
    path(
        f"{_CREDENTIALS}<slug:provider>/test/",
        credentials.test,
        name="test-credential",
    ),
]
