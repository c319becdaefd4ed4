"""What the account API shows of keys and usage, and takes."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from apps.accounts.domain.keys import KeyPower, Scope
from apps.core.web.drf import StrictSerializer

POWERS = [power.value for power in KeyPower]
SCOPES = [scope.value for scope in Scope]
MOST_HOURS = 720


class KeyOut(serializers.Serializer[Any]):
    """A key without its secret."""

    id = serializers.UUIDField()
    workspace_id = serializers.UUIDField()
    name = serializers.CharField()
    power = serializers.ChoiceField(choices=POWERS)
    scopes = serializers.ListField(child=serializers.ChoiceField(choices=SCOPES))
    shown = serializers.CharField(help_text="All of it that is shown again")
    networks = serializers.ListField(child=serializers.CharField())
    created_by = serializers.CharField(allow_blank=True)
    created_at = serializers.DateTimeField()
    expires_at = serializers.DateTimeField(allow_null=True)
    revoked_at = serializers.DateTimeField(allow_null=True)
    last_used_at = serializers.DateTimeField(allow_null=True)
    state = serializers.ChoiceField(choices=["active", "expired", "revoked"])


class NewKeyOut(KeyOut):
    """A key that was just made: the only answer with its secret."""

    secret = serializers.CharField()


class KeyIn(StrictSerializer):
    """A key to be made."""

    name = serializers.CharField(max_length=80)
    power = serializers.ChoiceField(choices=POWERS)
    scopes = serializers.ListField(
        child=serializers.ChoiceField(choices=SCOPES), min_length=1, max_length=20
    )
    expires_at = serializers.DateTimeField(required=False, allow_null=True)
    networks = serializers.ListField(
        child=serializers.CharField(max_length=60), required=False, max_length=50
    )


class KeyNameIn(StrictSerializer):
    """Another name for a key."""

    name = serializers.CharField(max_length=80)


class RotationIn(StrictSerializer):
    """How long the old key opens beside the new one."""

    overlap_hours = serializers.IntegerField(
        min_value=0, max_value=MOST_HOURS, default=24
    )


class UsageStepOut(serializers.Serializer[Any]):
    """The calls of one hour or UTC day."""

    at = serializers.DateTimeField()
    calls = serializers.IntegerField()
    refused = serializers.IntegerField()
    failed = serializers.IntegerField()


class UsageLineOut(serializers.Serializer[Any]):
    """The calls of one key to one endpoint."""

    key_id = serializers.UUIDField(allow_null=True)
    key = serializers.CharField(allow_blank=True)
    method = serializers.CharField()
    route = serializers.CharField()
    calls = serializers.IntegerField()
    refused = serializers.IntegerField()
    limited = serializers.IntegerField()
    failed = serializers.IntegerField()
    mean_ms = serializers.FloatField()
    bytes = serializers.IntegerField()


class UsageOut(serializers.Serializer[Any]):
    """What a workspace used over a period."""

    period = serializers.CharField()
    since = serializers.DateTimeField()
    until = serializers.DateTimeField()
    step = serializers.ChoiceField(choices=["hour", "day"])
    calls = serializers.IntegerField()
    refused = serializers.IntegerField()
    limited = serializers.IntegerField()
    failed = serializers.IntegerField()
    steps = UsageStepOut(many=True)
    lines = UsageLineOut(many=True)


class UsageIn(StrictSerializer):
    """Which period."""

    period = serializers.ChoiceField(choices=["1d", "7d", "30d", "90d"], default="7d")
