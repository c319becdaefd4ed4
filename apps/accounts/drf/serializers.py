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


class WebhookSecretOut(serializers.Serializer[Any]):
    """What callbacks are signed with."""

    secret = serializers.CharField()
    created_at = serializers.DateTimeField()
    expires_at = serializers.DateTimeField(allow_null=True)


class DeliveryOut(serializers.Serializer[Any]):
    """A callback and how it went."""

    id = serializers.UUIDField()
    kind = serializers.CharField()
    url = serializers.CharField()
    status = serializers.ChoiceField(choices=["pending", "delivered", "failed"])
    attempts = serializers.IntegerField()
    next_at = serializers.DateTimeField(allow_null=True)
    last_status = serializers.IntegerField(allow_null=True)
    last_error = serializers.CharField(allow_blank=True)
    last_reply = serializers.CharField(allow_blank=True)
    created_at = serializers.DateTimeField()
    ended_at = serializers.DateTimeField(allow_null=True)


class DeliveryPageOut(serializers.Serializer[Any]):
    """Some deliveries, newest first."""

    items = DeliveryOut(many=True)
    next_cursor = serializers.UUIDField(allow_null=True)


class DeliveryPageIn(serializers.Serializer[Any]):
    """Which of them."""

    cursor = serializers.UUIDField(required=False)
    limit = serializers.IntegerField(min_value=1, max_value=200, default=50)
