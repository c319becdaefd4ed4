"""People, workspaces, tiers, billing and what is on record, for operators."""

from __future__ import annotations

from apps.accounts.admin import audit, billing, exports, keys, people, tiers, workspaces

__all__ = ["audit", "billing", "exports", "keys", "people", "tiers", "workspaces"]
