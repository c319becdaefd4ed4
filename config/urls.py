"""Every address of the service."""

from __future__ import annotations

from django.contrib import admin
from django.urls import include, path

from apps.accounts.web.people_urls import close_admin_doors
from apps.core.web.theme import set_theme
from apps.home.web.views import api_index
from config.api import api

close_admin_doors(admin.site)
urlpatterns = [
    path("", include("apps.home.web.urls")),
    path("", include("apps.accounts.web.urls")),
    path("", include("apps.accounts.web.billing_urls")),
    path("", include("apps.benchmarks.web.urls")),
    path("", include("apps.catalog.web.urls")),
    path("", include("apps.markets.web.urls")),
    path("", include("apps.predictions.web.urls")),
    path("", include("apps.core.urls")),
    path("theme/", set_theme, name="theme"),
    path("api/", api_index, {"describe": api.get_openapi_schema}, name="api"),
    path("api/v1/", api.urls),
    path("api/account/", include("config.drf")),
    path("admin/", admin.site.urls),
]

handler400 = "apps.core.web.errors.bad_request"
handler403 = "apps.core.web.errors.forbidden"
handler404 = "apps.core.web.errors.not_found"
handler429 = "apps.core.web.errors.too_many_requests"
handler500 = "apps.core.web.errors.server_error"
