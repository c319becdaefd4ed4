"""What the account API shows and takes."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from apps.accounts.domain.names import MOST_ADDRESS, MOST_NAME
from apps.accounts.domain.roles import Role
from apps.core.web.drf import StrictSerializer

ROLES = [role.value for role in Role]


class WorkspaceOut(serializers.Serializer[Any]):
    """A workspace as one of its members sees it."""

    id = serializers.UUIDField()
    name = serializers.CharField()
    is_personal = serializers.BooleanField()
    role = serializers.ChoiceField(choices=ROLES)
    created_at = serializers.DateTimeField()
    deletion_due_at = serializers.DateTimeField(allow_null=True)


class WorkspaceIn(StrictSerializer):
    """What a person says of a workspace: everything else follows from it."""

    name = serializers.CharField(max_length=MOST_NAME)


class MemberOut(serializers.Serializer[Any]):
    """A member as another one sees them."""

    id = serializers.UUIDField()
    email = serializers.CharField()
    name = serializers.CharField()
    role = serializers.ChoiceField(choices=ROLES)
    joined_at = serializers.DateTimeField()
    is_you = serializers.BooleanField()


class RoleIn(StrictSerializer):
    """What a member becomes."""

    role = serializers.ChoiceField(choices=ROLES)


class InvitationIn(StrictSerializer):
    """Whom to invite, and as what."""

    email = serializers.CharField(max_length=MOST_ADDRESS)
    role = serializers.ChoiceField(choices=ROLES, default=Role.MEMBER.value)


class InvitationOut(serializers.Serializer[Any]):
    """An open invitation; its link is in the mail alone."""

    id = serializers.UUIDField()
    email = serializers.CharField()
    role = serializers.ChoiceField(choices=ROLES)
    invited_by = serializers.CharField()
    created_at = serializers.DateTimeField()
    sent_at = serializers.DateTimeField()
    expires_at = serializers.DateTimeField()
    is_expired = serializers.BooleanField()


class TransferIn(StrictSerializer):
    """Which member becomes the owner."""

    member_id = serializers.UUIDField()


class AuditOut(serializers.Serializer[Any]):
    """One act."""

    id = serializers.UUIDField()
    at = serializers.DateTimeField()
    act = serializers.CharField()
    actor = serializers.CharField()
    subject = serializers.CharField()
    ip = serializers.CharField()
    key_id = serializers.UUIDField(allow_null=True)
    details = serializers.DictField()


class AuditPageOut(serializers.Serializer[Any]):
    """Some acts, and the cursor of the page that follows."""

    items = AuditOut(many=True)
    next_cursor = serializers.UUIDField(allow_null=True)


class AuditIn(StrictSerializer):
    """Which acts to show."""

    act = serializers.CharField(max_length=60, required=False)
    person = serializers.CharField(max_length=MOST_ADDRESS, required=False)
    since = serializers.DateTimeField(required=False)
    until = serializers.DateTimeField(required=False)
    cursor = serializers.UUIDField(required=False)
    limit = serializers.IntegerField(min_value=1, max_value=200, default=50)


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


class DeliveryPageIn(StrictSerializer):
    """Which of them."""

    cursor = serializers.UUIDField(required=False)
    limit = serializers.IntegerField(min_value=1, max_value=200, default=50)
