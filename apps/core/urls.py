"""Addresses for those who operate the service."""

from __future__ import annotations

from django.urls import path

from apps.core.web import probes, status

urlpatterns = [
    path("metrics", probes.metrics, name="metrics"),
    path("status/", status.status_page, name="status"),
    path("status.json", status.status_json, name="status_json"),
]
