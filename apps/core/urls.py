"""Addresses for those who operate the service."""

from __future__ import annotations

from django.urls import path

from apps.core.web import probes

urlpatterns = [
    path("metrics", probes.metrics, name="metrics"),
]
