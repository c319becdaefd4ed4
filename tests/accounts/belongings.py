"""One row of everything that can belong to a person or a workspace.

`test_belongings.py` walks all models with a foreign key to either. A new model fails
there until it has a maker here, and an exporter or a reason why it is kept back.
"""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount
from allauth.usersessions.models import UserSession
from django.apps import apps
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.auth.models import Group, Permission
from django.contrib.contenttypes.models import ContentType

from apps.accounts.domain.audit import Act, Actor
from apps.accounts.models import (
    ApiKey,
    ApiRequest,
    BillingCustomer,
    DataExport,
    Delivery,
    Invitation,
    Invoice,
    KeptAnswer,
    Membership,
    TierOverride,
    UsageHour,
    UsageWarning,
    User,
    WebhookSecret,
    Workspace,
)
from apps.accounts.services.audit import record
from apps.benchmarks.models import Run, Suite, SuiteVersion
from apps.core.partitions import ensure_months, month_of
from tests.accounts.cast import NOW
from tests.accounts.test_admin import subscribe
from tests.catalog.own import give_key, make_provider
from tests.markets.make import make_market
from tests.predictions.make import make_experiment, make_prediction
from tests.web.cast import make_model, make_run, make_suite

if TYPE_CHECKING:
    from collections.abc import Callable

SOON = NOW + timedelta(days=7)
IP = "192.0.2.77"


def log(user: User, workspace: Workspace) -> None:
    record(
        act=Act.SIGNED_IN,
        actor=Actor(user.pk, user.email, IP),
        now=NOW,
        workspace_id=workspace.pk,
        person_id=user.pk,
        subject=user.email,
        details={"address": IP, "of": user.email},
    )


def call(_: User, workspace: Workspace) -> None:
    ensure_months("accounts_apirequest", [month_of(date(2026, 11, 1))])
    ApiRequest.objects.create(
        at=NOW,
        workspace=workspace,
        method="GET",
        route="/api/v1/runs",
        status=200,
        ms=1.0,
        bytes=10,
        request_id="r",
        ip=IP,
    )


def start_run(user: User, workspace: Workspace) -> None:
    version_id, model_id = make_suite(slug="own"), make_model()
    Suite.objects.filter(slug="own").update(workspace=workspace)
    assert SuiteVersion.objects.filter(pk=version_id).exists()
    run_id = make_run(version_id, model_id, workspace_id=workspace.pk)
    Run.objects.filter(pk=run_id).update(created_by=user)


def predict(user: User, workspace: Workspace) -> None:
    own = make_experiment("own", workspace=workspace, created_by=user)
    ensure_months("predictions_snapshot", [month_of(NOW.date())])
    made = make_prediction(own, make_market())
    price, share = float(made.market_price), float(made.probability)
    Snapshot = apps.get_model("predictions", "Snapshot")
    Snapshot._default_manager.create(
        prediction=made,
        hour=NOW,
        market=made.market,
        snapshot_at=NOW,
        observed_at=NOW,
        market_price_yes=price,
        market_price_no=1 - price,
        source="gamma",
        predicted_probability=share,
        abs_delta=abs(share - price),
        cumulative_convergence=0.0,
        interim_skill=0.0,
        hours_since_prediction=0.0,
    )
    ask = apps.get_model("predictions", "Attempt")
    ask._default_manager.create(
        experiment=own,
        market=made.market,
        prediction=made,
        sample=1,
        outcome="ok",
        prompt="How probable is it?",
    )


def have_asked(user: User, workspace: Workspace) -> None:
    asking = apps.get_model("predictions", "AskRun")._default_manager.create(
        workspace=workspace,
        created_by=user,
        name="own",
        trigger="api",
        prompt_version="v1",
        seed=1,
    )
    apps.get_model("predictions", "AskItem")._default_manager.create(
        run=asking,
        experiment=make_experiment("asked", workspace=workspace),
        market=make_market("asked"),
        position=1,
    )


def store_credential(user: User, workspace: Workspace) -> None:
    make_provider()
    give_key(workspace.pk)
    model = apps.get_model("catalog", "ProviderCredential")
    model._default_manager.filter(workspace_id=workspace.pk).update(created_by=user)


def invoice(_: User, workspace: Workspace) -> None:
    Invoice.objects.create(
        workspace=workspace,
        stripe_id="in_1",
        currency="usd",
        total=Decimal(49),
        amount_due=Decimal(49),
        amount_paid=Decimal(49),
        created_at=NOW,
    )


def invite(user: User, workspace: Workspace) -> None:
    Invitation.objects.create(
        workspace=workspace,
        email="new@example.org",
        role="viewer",
        digest="d" * 64,
        invited_by=user,
        created_at=NOW,
        sent_at=NOW,
        expires_at=SOON,
    )


def make_key(user: User, workspace: Workspace) -> None:
    ApiKey.objects.create(
        workspace=workspace,
        created_by=user,
        name="Nightly",
        power="ro",
        scopes=["public:read"],
        digest="e" * 64,
        last_four="abcd",
    )


def note_in_admin(user: User, _: Workspace) -> None:
    kind = ContentType.objects.get_for_model(User)
    LogEntry.objects.create(
        user=user,
        content_type=kind,
        object_id=str(user.pk),
        object_repr=user.email,
        action_flag=CHANGE,
        change_message=user.email,
    )


def send(_: User, workspace: Workspace) -> None:
    Delivery.objects.create(
        workspace=workspace,
        kind="run.completed",
        reference="r1",
        url="https://example.org/hook",
        body="{}",
        created_at=NOW,
        next_at=NOW,
    )


def count_hour(_: User, workspace: Workspace) -> None:
    numbers: dict[str, Any] = dict.fromkeys(
        ("calls", "refused", "limited", "failed", "ms", "bytes"), 1
    )
    UsageHour.objects.create(
        hour=NOW, workspace=workspace, method="GET", route="/api/v1/runs", **numbers
    )


MAKERS: dict[str, Callable[[User, Workspace], object]] = {
    # Made with the person.
    "accounts.Workspace": lambda user, _: user,
    "accounts.Membership": lambda user, _: user,
    "accounts.ApiKey": make_key,
    "accounts.ApiRequest": call,
    "accounts.AuditEvent": log,
    "accounts.BillingCustomer": lambda user, workspace: BillingCustomer.objects.create(
        workspace=workspace, email=user.email, stripe_id="cus_1"
    ),
    "accounts.DataExport": lambda user, _: DataExport.objects.create(
        user=user, origin="https://assay.example", asked_at=NOW
    ),
    "accounts.Delivery": send,
    "accounts.Invitation": invite,
    "accounts.Invoice": invoice,
    "accounts.KeptAnswer": lambda _, workspace: KeptAnswer.objects.create(
        workspace=workspace, key="k", fingerprint="f", status=200, created_at=NOW
    ),
    "accounts.Subscription": lambda _, workspace: subscribe(workspace, "pro"),
    "accounts.TierOverride": lambda _, workspace: TierOverride.objects.create(
        workspace=workspace, reason="Agreed"
    ),
    "accounts.UsageHour": count_hour,
    "accounts.UsageWarning": lambda _, workspace: UsageWarning.objects.create(
        workspace=workspace, day=NOW.date(), percent=80, at=NOW
    ),
    "accounts.User_groups": lambda user, _: user.groups.add(
        Group.objects.create(name="Helpers")
    ),
    "accounts.User_user_permissions": lambda user, _: user.user_permissions.add(
        Permission.objects.all()[0]
    ),
    "accounts.WebhookSecret": lambda _, workspace: WebhookSecret.objects.create(
        workspace=workspace, sealed=b"s", created_at=NOW
    ),
    "account.EmailAddress": lambda user, _: EmailAddress.objects.create(
        user=user, email=f"other-{user.email}", verified=True
    ),
    "admin.LogEntry": note_in_admin,
    "predictions.Experiment": predict,
    "predictions.AskRun": have_asked,
    "mfa.Authenticator": lambda user, _: Authenticator.objects.create(
        user=user, type="totp", data={"secret": "sealed"}
    ),
    "socialaccount.SocialAccount": lambda user, _: SocialAccount.objects.create(
        user=user, provider="github", uid="77", extra_data={"login": "ada"}
    ),
    "usersessions.UserSession": lambda user, _: UserSession.objects.create(
        user=user, session_key="s" * 32, ip=IP, user_agent="A browser"
    ),
    "catalog.ProviderCredential": store_credential,
    "benchmarks.Run": start_run,
    # Made with the run.
    "benchmarks.Suite": lambda user, _: user,
}


def own_everything(user: User) -> Workspace:
    """Give a person one of everything, in the workspace of their own."""
    workspace = Workspace.objects.get(personal_of=user)
    for make in MAKERS.values():
        make(user, workspace)
    assert Membership.objects.filter(user=user).exists()
    return workspace
