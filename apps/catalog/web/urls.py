"""Addresses of the catalogue."""

from __future__ import annotations

from django.urls import path

from apps.catalog.web import views

urlpatterns = [
    path("models/", views.model_list, name="models"),
    path("models.json", views.model_list_json),
    path("models.csv", views.model_list_csv),
]
