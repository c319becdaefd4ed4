"""Who may do what at every address that belongs to accounts or takes predictions.

Every named address under `PREFIXES` has its row here, and `test_access.py` tries each
method as each person. Whoever adds an address adds a row; a new kind of object in an
address gets a maker in `OBJECTS`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import Enum
from typing import TYPE_CHECKING, Any

from apps.accounts.domain.invitations import LIFETIME, digest_of
from apps.accounts.domain.keys import Scope
from apps.accounts.domain.roles import Power
from apps.accounts.models import (
    ApiKey,
    Delivery,
    Invitation,
    Membership,
    TierOverride,
)
from apps.catalog.models import Provider
from apps.markets.models import Market
from apps.predictions.models import AskRun, Experiment
from tests.accounts.keys import new_key
from tests.accounts.test_webhook_interfaces import make_delivery
from tests.catalog.own import KEY, give_key, make_provider
from tests.markets.make import make_market
from tests.on_demand.cast import entitle
from tests.predictions.make import make_experiment, make_prediction

if TYPE_CHECKING:
    from uuid import UUID

    from tests.accounts.cast import Cast

PREFIXES = ("api/account/", "workspaces/", "invitations/")
# What is written there has its row too; what is only read is everybody's.
PUBLIC = "api/v1/"
TOKEN = "t" * 43


class Reach(Enum):
    """Whom an address is for, where it is not for the members of a workspace."""

    ANYBODY = "anybody"
    SIGNED_IN = "signed in"
    INVITED = "invited"  # the stranger, by the invitation of `TOKEN`


Body = Mapping[str, Any] | Callable[["Cast"], Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class Door:
    """One method of an address: who may, what they send, and what they are answered.

    `but` names people who may and are answered otherwise, such as the last owner.
    """

    needs: Power | Reach
    answer: int = 200
    sends: Body = field(default_factory=dict)
    but: Mapping[str, int] = field(default_factory=dict)


def member_of(cast: Cast, name: str) -> UUID:
    person = cast.everyone[name]
    return Membership.objects.get(workspace=cast.workspace, user=person).id


def invitation_of(cast: Cast) -> Invitation:
    """An open invitation to the stranger, sent an hour ago."""
    sent = datetime.now(UTC) - timedelta(hours=1)
    return Invitation.objects.get_or_create(
        workspace=cast.workspace,
        email="stranger@example.org",
        defaults={
            "role": "member",
            "digest": digest_of(TOKEN),
            "invited_by": cast.owner,
            "created_at": sent,
            "sent_at": sent,
            "expires_at": sent + LIFETIME,
        },
    )[0]


def token_of(cast: Cast) -> str:
    invitation_of(cast)
    return TOKEN


def keyed_provider(cast: Cast) -> str:
    if not Provider.objects.filter(name="acme").exists():
        make_provider()
        give_key(cast.workspace.id)
    return "acme"


def owners_key(cast: Cast) -> UUID:
    found = ApiKey.objects.filter(workspace=cast.workspace).first()
    return found.id if found else new_key(cast, scopes=[Scope.READ]).id


def experiment_of(cast: Cast) -> Experiment:
    found = Experiment.objects.filter(workspace=cast.workspace).first()
    return found or make_experiment("gut", workspace=cast.workspace)


def prediction_of(cast: Cast) -> UUID:
    experiment = experiment_of(cast)
    found = experiment.predictions.first()
    return (found or make_prediction(experiment, market_now())).pk


def market_now() -> Market:
    found = Market.objects.first()
    return found or make_market("rain", quoted_at=datetime.now(UTC))


def new_prediction(cast: Cast) -> Mapping[str, Any]:
    return {
        "experiment": str(experiment_of(cast).pk),
        "market": str(market_now().pk),
        "outcome": "Yes",
        "probability": 0.75,
    }


def asking_of(cast: Cast) -> UUID:
    known: dict[str, Any] = {"workspace": cast.workspace, "name": "own", "seed": 1}
    return AskRun.objects.get_or_create(**known, prompt_version="v1")[0].pk


def new_asking(cast: Cast) -> Mapping[str, Any]:
    """What names no model that there is: only who may is told so."""
    if not TierOverride.objects.filter(workspace=cast.workspace).exists():
        entitle(cast.workspace.id)
    return {
        "experiment": "new",
        "models": ["acme/m"],
        "workspace": str(cast.workspace.id),
    }


# What stands for each part of an address: something of the cast's workspace.
OBJECTS: dict[str, Callable[[Cast], object]] = {
    "workspace_id": lambda cast: cast.workspace.id,
    "member_id": lambda cast: member_of(cast, "viewer"),
    "invitation_id": lambda cast: invitation_of(cast).id,
    "token": token_of,
    "provider": keyed_provider,
    "key_id": owners_key,
    "experiment_id": lambda cast: experiment_of(cast).pk,
    "prediction_id": prediction_of,
    "asking_id": asking_of,
    "delivery_id": lambda cast: (Delivery.objects.first() or make_delivery(cast)).id,
}

NEW_KEY = {"name": "Nightly", "power": "ro", "scopes": ["read"]}
PLAN = {"tier": "pro", "interval": "month"}
UNSOLD = 409  # nothing is for sale here: no biller is set up
NAME = {"name": "Tunnel diggers"}
NEW_PERSON = {"email": "new@example.org", "role": "viewer"}

_API: dict[str, dict[str, Door]] = {
    "account-openapi": {"GET": Door(Reach.ANYBODY)},
    "account-workspaces": {
        "GET": Door(Reach.SIGNED_IN),
        "POST": Door(Reach.SIGNED_IN, 201, NAME),
    },
    "account-workspace": {
        "GET": Door(Power.VIEW),
        "PATCH": Door(Power.SETTINGS, 200, NAME),
        "DELETE": Door(Power.OWN, 202),
    },
    "account-workspace-keep": {"POST": Door(Power.OWN)},
    "account-workspace-transfer": {
        "POST": Door(
            Power.OWN, 200, lambda cast: {"member_id": member_of(cast, "member")}
        )
    },
    "account-workspace-leave": {"POST": Door(Power.VIEW, 204, but={"owner": 409})},
    "account-members": {"GET": Door(Power.VIEW)},
    "account-member": {
        "GET": Door(Power.VIEW),
        "PATCH": Door(Power.MEMBERS, 200, {"role": "member"}),
        "DELETE": Door(Power.MEMBERS, 204),
    },
    "account-invitations": {
        "GET": Door(Power.MEMBERS),
        "POST": Door(Power.MEMBERS, 201, NEW_PERSON),
    },
    "account-invitation": {
        "GET": Door(Power.MEMBERS),
        "DELETE": Door(Power.MEMBERS, 204),
    },
    "account-invitation-resend": {"POST": Door(Power.MEMBERS)},
    "account-audit": {"GET": Door(Power.AUDIT)},
    "account-credentials": {"GET": Door(Power.VIEW)},
    "account-credential": {
        "GET": Door(Power.VIEW),
        "PUT": Door(Power.CREDENTIALS, 200, {"key": KEY}),
        "DELETE": Door(Power.CREDENTIALS, 204),
    },
    "account-credential-test": {"POST": Door(Power.CREDENTIALS)},
    "account-webhook-secrets": {
        "GET": Door(Power.CREDENTIALS),
        "POST": Door(Power.CREDENTIALS, 201),
    },
    "account-keys": {
        "GET": Door(Power.KEYS),
        "POST": Door(Power.KEYS, 201, NEW_KEY),
    },
    "account-key": {
        "GET": Door(Power.KEYS),
        "PATCH": Door(Power.ALL_KEYS, 200, {"name": "Daily"}),
        "DELETE": Door(Power.ALL_KEYS, 204),
    },
    "account-key-rotation": {"POST": Door(Power.ALL_KEYS, 201)},
    "account-usage": {"GET": Door(Power.VIEW)},
    "account-subscription": {"GET": Door(Power.BILLING)},
    "account-checkout": {"POST": Door(Power.BILLING, UNSOLD, PLAN)},
    "account-portal": {"POST": Door(Power.BILLING, UNSOLD)},
    "account-change": {"POST": Door(Power.BILLING, UNSOLD, PLAN)},
    "account-cancel": {"POST": Door(Power.BILLING, UNSOLD)},
    "account-resume": {"POST": Door(Power.BILLING, UNSOLD)},
    "account-deliveries": {"GET": Door(Power.VIEW)},
    "account-delivery-again": {"POST": Door(Power.RUN, 202)},
}
_PREDICTIONS: dict[str, dict[str, Door]] = {
    "record-predictions": {
        "GET": Door(Reach.ANYBODY),
        "POST": Door(Power.RUN, 201, new_prediction),
    },
    "prediction": {"GET": Door(Power.VIEW)},
    "benchmark": {"GET": Door(Power.VIEW)},
    "snapshots": {"GET": Door(Power.VIEW)},
    "snapshots_csv": {"GET": Door(Power.VIEW)},
    "report": {"GET": Door(Power.VIEW)},
    "report_csv": {"GET": Door(Power.VIEW)},
    "prediction_csv": {"GET": Door(Power.VIEW)},
    "benchmark_csv": {"GET": Door(Power.VIEW)},
    "experiment_csv": {"GET": Door(Power.VIEW)},
    "create-experiment": {
        "GET": Door(Reach.ANYBODY),
        "POST": Door(
            Power.RUN,
            201,
            lambda cast: {"name": "new", "workspace": str(cast.workspace.id)},
        ),
    },
    "change-experiment": {
        "GET": Door(Power.VIEW),
        "PATCH": Door(Power.RUN, 200, {"title": "New"}),
    },
    "ask-models": {"POST": Door(Power.RUN, 422, new_asking)},
    "cancel-asking": {"POST": Door(Power.RUN)},
    # It waits for a worker already: only who may is told so.
    "resume-asking": {"POST": Door(Power.RUN, 409)},
    "pause-prediction": {"POST": Door(Power.RUN)},
    "resume-prediction": {"POST": Door(Power.RUN)},
}
_PAGES: dict[str, dict[str, Door]] = {
    "workspaces": {"GET": Door(Reach.SIGNED_IN)},
    "workspace_menu": {"GET": Door(Reach.SIGNED_IN)},
    "new_workspace": {
        "GET": Door(Reach.SIGNED_IN),
        "POST": Door(Reach.SIGNED_IN, 302, NAME),
    },
    "workspace": {"GET": Door(Power.VIEW)},
    "workspace_members": {
        "GET": Door(Power.VIEW),
        "POST": Door(Power.MEMBERS, 302, NEW_PERSON),
    },
    "workspace_member": {
        "GET": Door(Power.MEMBERS),
        "POST": Door(Power.MEMBERS, 302, {"role": "member"}),
    },
    "remove_member": {
        "GET": Door(Power.MEMBERS),
        "POST": Door(Power.MEMBERS, 302),
    },
    "resend_invitation": {"POST": Door(Power.MEMBERS, 302)},
    "revoke_invitation": {"POST": Door(Power.MEMBERS, 302)},
    "workspace_audit": {"GET": Door(Power.AUDIT)},
    "workspace_audit_json": {"GET": Door(Power.AUDIT)},
    "workspace_audit_csv": {"GET": Door(Power.AUDIT)},
    "workspace_settings": {
        "GET": Door(Power.VIEW),
        "POST": Door(Power.SETTINGS, 302, NAME),
    },
    "transfer_workspace": {
        "GET": Door(Power.OWN),
        "POST": Door(
            Power.OWN, 302, lambda cast: {"member": member_of(cast, "member")}
        ),
    },
    "leave_workspace": {"GET": Door(Power.VIEW), "POST": Door(Power.VIEW, 302)},
    "delete_workspace": {
        "GET": Door(Power.OWN),
        "POST": Door(Power.OWN, 302, {"name": "Bridge builders"}),
    },
    "keep_workspace": {"POST": Door(Power.OWN, 302)},
    "workspace-credentials": {
        "GET": Door(Power.VIEW),
        "POST": Door(
            Power.CREDENTIALS,
            302,
            lambda cast: {"provider": keyed_provider(cast), "key": KEY},
        ),
    },
    "remove-credential": {"POST": Door(Power.CREDENTIALS, 302)},
    "test-credential": {"POST": Door(Power.CREDENTIALS, 302)},
    "workspace-keys": {
        "GET": Door(Power.KEYS),
        "POST": Door(Power.KEYS, 201, NEW_KEY),
    },
    "workspace-key": {"GET": Door(Power.ALL_KEYS)},
    "rename-key": {"POST": Door(Power.ALL_KEYS, 302, {"name": "Daily"})},
    "rotate-key": {"POST": Door(Power.ALL_KEYS, 201, {"overlap": "24"})},
    "revoke-key": {"POST": Door(Power.ALL_KEYS, 302, {"sure": "on"})},
    "workspace-usage": {"GET": Door(Power.VIEW)},
    "workspace-usage-json": {"GET": Door(Power.VIEW)},
    "workspace-usage-csv": {"GET": Door(Power.VIEW)},
    "workspace-billing": {"GET": Door(Power.BILLING)},
    "billing-done": {"GET": Door(Power.BILLING)},
    "billing-left": {"GET": Door(Power.BILLING)},
    "billing-checkout": {"POST": Door(Power.BILLING, UNSOLD, PLAN)},
    "billing-portal": {"POST": Door(Power.BILLING, UNSOLD)},
    "billing-change": {"POST": Door(Power.BILLING, UNSOLD, PLAN)},
    "billing-cancel": {"POST": Door(Power.BILLING, UNSOLD)},
    "billing-resume": {"POST": Door(Power.BILLING, UNSOLD)},
    "workspace-webhooks": {"GET": Door(Power.VIEW)},
    "rotate-webhook-secret": {"POST": Door(Power.CREDENTIALS, 302)},
    "send-delivery-again": {"POST": Door(Power.RUN, 302)},
    "invitation": {"GET": Door(Reach.ANYBODY)},
    "sign_up_invited": {"POST": Door(Reach.ANYBODY, 302)},
    "accept_invitation": {"POST": Door(Reach.INVITED, 302)},
    "decline_invitation": {"POST": Door(Reach.INVITED, 302)},
}
DOORS = _API | _PREDICTIONS | _PAGES
