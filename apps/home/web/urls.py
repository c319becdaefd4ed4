"""Addresses of the pages that span the benches."""

from __future__ import annotations

from django.urls import path

from apps.home.web import views

urlpatterns = [
    path("", views.home, name="home"),
    path("search", views.search, name="search"),
    path("about/", views.about, name="about"),
    path("favicon.ico", views.favicon, name="favicon"),
]
