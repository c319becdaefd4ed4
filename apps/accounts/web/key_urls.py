"""The pages of a workspace's keys and of what they used."""

from __future__ import annotations

from django.urls import path

from apps.accounts.web import keys, usage

_KEYS = "workspaces/<uuid:workspace_id>/keys/"
_USAGE = "workspaces/<uuid:workspace_id>/usage"

urlpatterns = [
    path(_KEYS, keys.keys_page, name=keys.VIEW),
    path(f"{_KEYS}<uuid:key_id>/", keys.key_page, name="workspace-key"),
    path(f"{_KEYS}<uuid:key_id>/rename/", keys.rename, name="rename-key"),
    path(f"{_KEYS}<uuid:key_id>/rotate/", keys.rotate, name="rotate-key"),
    path(f"{_KEYS}<uuid:key_id>/revoke/", keys.revoke, name="revoke-key"),
    path(f"{_USAGE}/", usage.usage_page, name=usage.VIEW),
    path(f"{_USAGE}.json", usage.usage_json, name="workspace-usage-json"),
    path(f"{_USAGE}.csv", usage.usage_csv, name="workspace-usage-csv"),
]
