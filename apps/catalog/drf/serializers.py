"""What the account API shows of credentials, and takes."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from apps.catalog.domain.credentials import LONGEST_KEY, SHORTEST_KEY
from apps.core.web.drf import StrictSerializer


class CredentialOut(serializers.Serializer[Any]):
    """A stored credential; what it is can never be read back."""

    id = serializers.UUIDField()
    provider = serializers.CharField()
    provider_display_name = serializers.CharField()
    name = serializers.CharField()
    last_four = serializers.CharField()
    created_by = serializers.CharField(allow_blank=True)
    created_at = serializers.DateTimeField()
    last_used_at = serializers.DateTimeField(allow_null=True)


class CredentialIn(StrictSerializer):
    """A key for the provider of the address; where it is sent is not a caller's."""

    key = serializers.CharField(
        write_only=True, min_length=SHORTEST_KEY, max_length=LONGEST_KEY
    )
    name = serializers.CharField(max_length=100, required=False, allow_blank=True)


class TrialOut(serializers.Serializer[Any]):
    """What a provider said to a credential."""

    is_accepted = serializers.BooleanField()
    models = serializers.IntegerField()
    detail = serializers.CharField(allow_blank=True)
