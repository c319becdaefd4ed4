"""Addresses of the list of markets and its twins."""

from __future__ import annotations

from django.urls import path

from apps.markets.web import lists

urlpatterns = [
    path("markets/", lists.market_list, name="markets"),
    path("markets.json", lists.market_list_json),
    path("markets.csv", lists.market_list_csv),
]
