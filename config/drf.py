"""The account API: what belongs to a workspace, and its description."""

from __future__ import annotations

from django.urls import include, path
from drf_spectacular.views import SpectacularJSONAPIView

urlpatterns = [
    path(
        "openapi.json",
        SpectacularJSONAPIView.as_view(),
        name="account-openapi",
    ),
    path("", include("apps.accounts.drf.urls")),
    path("", include("apps.catalog.drf.urls")),
]
