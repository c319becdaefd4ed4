"""What the account API shows and takes."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from apps.accounts.domain.roles import Role


class WorkspaceOut(serializers.Serializer[Any]):
    """A workspace as one of its members sees it."""

    id = serializers.UUIDField()
    name = serializers.CharField()
    is_personal = serializers.BooleanField()
    role = serializers.ChoiceField(choices=[role.value for role in Role])
    created_at = serializers.DateTimeField()
    deletion_due_at = serializers.DateTimeField(allow_null=True)
