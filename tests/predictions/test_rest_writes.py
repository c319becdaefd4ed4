"""What is written over REST, by whom, and what is refused by name."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from django.test import Client
from django.utils import timezone

from apps.accounts.domain.keys import Scope
from apps.accounts.web.gate import scope_for
from apps.predictions.domain.words import ExperimentKind
from apps.predictions.models import Experiment, Prediction, Summary
from tests.accounts.keys import bearer, lift_limits, new_key
from tests.markets.make import NOW, make_market
from tests.predictions.make import make_experiment, make_prediction

if TYPE_CHECKING:
    from apps.markets.models import Market
    from tests.accounts.cast import Cast

pytestmark = pytest.mark.django_db
Answer = Any  # what Django's test client returns
API = "/api/v1/predictions"
ROLES = ("owner", "admin", "member", "viewer", "stranger", "anonymous")
MEMBERS = dict.fromkeys(ROLES[:3], 201) | {"viewer": 403}


@pytest.fixture(autouse=True)
def often(db: None) -> None:
    lift_limits()


@pytest.fixture
def market() -> Market:
    now = timezone.now()
    return make_market("rain", external_id="0xrain", quoted_at=now, synced_at=now)


@pytest.fixture
def experiment(cast: Cast) -> Experiment:
    return make_experiment("gut", workspace=cast.workspace)


@pytest.fixture
def member(cast: Cast) -> Client:
    return client_of(cast, "member")


def client_of(cast: Cast, role: str) -> Client:
    client = Client()
    if role != "anonymous":
        client.force_login(cast.everyone[role])
    return client


def post(client: Client, body: Any, address: str = API, **headers: str) -> Answer:
    text = body if isinstance(body, str) else json.dumps(body)
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return client.post(address, text, content_type="application/json", headers=named)


def one(experiment: Experiment, **more: Any) -> dict[str, Any]:
    return {"experiment": str(experiment.pk), **entry(**more)}


def entry(**more: Any) -> dict[str, Any]:
    known = {"market": "polymarket:0xrain", "outcome": "Yes", "probability": 0.75}
    return known | more


@pytest.mark.usefixtures("market")
def test_one_prediction_is_recorded_and_told(
    member: Client, experiment: Experiment
) -> None:
    response = post(member, one(experiment, probability="0.75", confidence=80))
    assert response.status_code == 201
    told = response.json()
    made = Prediction.objects.get()
    assert response.headers["Location"] == f"{API}/{made.pk}"
    assert (
        told.items()
        >= {
            "id": str(made.pk),
            "sequence": 1,
            "probability": 0.75,
            "confidence": 80.0,
            "market_price": 0.6,
            "market_price_shown": None,
            "outcome_name": "Yes",
            "content_hash": made.content_hash,
            "status": "ACTIVE",
        }.items()
    )


@pytest.mark.usefixtures("market")
def test_a_batch_is_told_in_the_order_in_which_it_was_sent(
    member: Client, cast: Cast, experiment: Experiment
) -> None:
    sent = [entry(probability=p, outcome=1) for p in (0.1, 0.2, 1)]
    body = {"experiment": "gut", "workspace": str(cast.workspace.pk)}
    batch = body | {"predictions": sent}
    response, again = (post(member, batch, Idempotency_Key="one") for _ in range(2))
    assert (response.status_code, again.content) == (201, response.content)
    told = response.json()["predictions"]
    assert [row["probability"] for row in told] == [0.1, 0.2, 1.0]
    assert [row["sequence"] for row in told] == [1, 2, 3]
    assert Prediction.objects.filter(experiment=experiment).count() == 3


@pytest.mark.usefixtures("market")
def test_a_request_that_is_sent_twice_records_once(
    member: Client, experiment: Experiment
) -> None:
    first, second = (
        post(member, one(experiment), Idempotency_Key="day-1") for _ in range(2)
    )
    assert (first.status_code, second.status_code) == (201, 201)
    assert first.content == second.content
    assert second.headers["Idempotent-Replayed"] == "true"
    other = post(member, one(experiment, probability=0.1), Idempotency_Key="day-1")
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_mismatch")
    assert Prediction.objects.count() == 1


@pytest.mark.usefixtures("market")
def test_a_reference_is_recorded_once_whatever_the_key(
    member: Client, experiment: Experiment
) -> None:
    first, second = (post(member, one(experiment, reference="r")) for _ in range(2))
    assert first.json()["id"] == second.json()["id"]
    changed = post(member, one(experiment, reference="r", probability=0.1))
    assert (changed.status_code, changed.json()["code"]) == (409, "conflict")
    assert Prediction.objects.count() == 1


@pytest.mark.usefixtures("market")
def test_all_faults_of_a_batch_are_named_where_the_sender_wrote_them(
    member: Client, experiment: Experiment
) -> None:
    sent = [entry(), entry(probability=75), entry(market="nowhere")]
    response = post(member, {"experiment": str(experiment.pk), "predictions": sent})
    assert (response.status_code, response.json()["code"]) == (422, "invalid_input")
    assert response.json()["errors"] == [
        {
            "where": "predictions.1.probability",
            "what": "75 is not between 0 and 1; if it is a percentage, write 0.75",
        },
        {
            "where": "predictions.2.market",
            "what": "no market 'nowhere' is known here",
        },
    ]
    assert Prediction.objects.count() == 0


@pytest.mark.parametrize(
    ("sent", "where"),
    [
        ({"probability": 75}, "probability"),
        ({"probability": float("nan")}, "probability"),
        ({"probability": True}, "probability"),
        ({"probability": "high"}, "probability"),
        ({"outcome": True}, "outcome"),
        ({"outcome": "Maybe"}, "outcome"),
        ({"confidence": 101}, "confidence"),
        ({"market": ""}, "market"),
        ({"proability": 0.5}, "proability"),
        ({"provenance": {}}, "provenance"),
        ({"reasoning": "a\0"}, "reasoning"),
        ({"cost": "-0.1"}, "cost"),
        ({"workspace": "x"}, "workspace"),
        ({"predictions": []}, "predictions"),
        ({"predictions": [entry()] * 1001}, "predictions"),
        ({"predictions": [entry(probability=None)]}, "predictions.0.probability"),
    ],
)
@pytest.mark.usefixtures("market")
def test_what_has_the_wrong_form_is_named(
    member: Client, experiment: Experiment, sent: dict[str, Any], where: str
) -> None:
    response = post(member, one(experiment) | sent)
    assert response.status_code == 422
    problem = response.json()
    assert problem["errors"][0]["where"] == where
    assert "Value error" not in problem["detail"]
    assert Prediction.objects.count() == 0


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ("{", 400),
        ("[" * 100_000, 400),
        ('{"probability": ' + "9" * 5000 + "}", 400),
        ("[]", 422),
        ("7", 422),
        ('{"reasoning": "' + "a" * 2_700_000 + '"}', 413),
    ],
)
def test_a_body_that_is_none_is_refused(member: Client, body: str, status: int) -> None:
    response = post(member, body)
    assert response.status_code == status
    assert response.headers["Content-Type"] == "application/problem+json"


@pytest.mark.parametrize("name", ["other", "a\0"])
def test_an_experiment_of_no_such_name_is_not_found(
    member: Client, cast: Cast, name: str
) -> None:
    body = entry(experiment=name, workspace=str(cast.workspace.pk))
    assert post(member, body).status_code == 404


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.usefixtures("market")
def test_only_members_who_may_run_record(
    cast: Cast, experiment: Experiment, role: str
) -> None:
    expected = MEMBERS | {"stranger": 404, "anonymous": 401}
    response = post(client_of(cast, role), one(experiment))
    assert response.status_code == expected[role]
    assert Prediction.objects.count() == (expected[role] == 201)


@pytest.mark.parametrize("role", ROLES)
def test_only_members_who_may_run_begin_experiments(cast: Cast, role: str) -> None:
    expected = MEMBERS | {"stranger": 404, "anonymous": 401}
    body = {"name": "gut", "workspace": str(cast.workspace.pk), "method": "Tea"}
    response = post(client_of(cast, role), body, "/api/v1/experiments")
    assert response.status_code == expected[role]
    assert Experiment.objects.count() == (expected[role] == 201)
    if expected[role] == 201:
        made = Experiment.objects.get()
        assert (made.kind, made.created_by_id) == ("submitted", cast.everyone[role].pk)
        assert response.headers["Location"] == f"/api/v1/experiments/{made.pk}"


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("is_public", ["published", "private"])
def test_only_members_who_may_run_pause_resume_and_publish(
    cast: Cast, experiment: Experiment, market: Market, role: str, is_public: str
) -> None:
    made = make_prediction(experiment, market)
    public = is_public == "published"
    Experiment.objects.update(is_public=public, published_at=NOW if public else None)
    outside = 403 if is_public == "published" else 404
    expected = MEMBERS | {"stranger": outside, "anonymous": 401}
    answer = 200 if expected[role] == 201 else expected[role]
    client = client_of(cast, role)
    for word, status in (("pause", "PAUSED"), ("resume", "ACTIVE")):
        response = post(client, "", f"{API}/{made.pk}/{word}")
        assert response.status_code == answer
        held = Summary.objects.get().benchmark_status
        assert held == (status if answer == 200 else "ACTIVE")
    address = f"/api/v1/experiments/{experiment.pk}"
    changed = client.patch(address, {"title": "T"}, content_type="application/json")
    assert changed.status_code == answer
    assert (Experiment.objects.get().title == "T") is (answer == 200)


def test_what_is_published_stays_so(member: Client, experiment: Experiment) -> None:
    address = f"/api/v1/experiments/{experiment.pk}"
    for is_public, status in ((False, 200), (True, 200), (False, 409)):
        body = {"is_public": is_public, "title": str(status)}
        response = member.patch(address, body, content_type="application/json")
        assert response.status_code == status
    assert "is published for good" in response.json()["detail"]
    assert Experiment.objects.get().title == "200"
    assert Experiment.objects.get().is_public is True


@pytest.mark.usefixtures("market")
def test_experiments_whose_predictions_are_made_here_take_none(
    cast: Cast, member: Client
) -> None:
    operator = make_experiment("operator")
    model = make_experiment(
        "model", workspace=cast.workspace, kind=ExperimentKind.MODEL.value
    )
    ended = make_experiment("ended", workspace=cast.workspace, is_backtest=True)
    statuses = [post(member, one(e)).status_code for e in (operator, model, ended)]
    assert statuses == [403, 409, 409]
    assert Prediction.objects.count() == 0


@pytest.mark.usefixtures("market")
def test_a_key_needs_the_scope_of_predictions(
    cast: Cast, experiment: Experiment
) -> None:
    def send(*scopes: Scope) -> Answer:
        secret = new_key(cast, scopes=scopes).secret
        return post(Client(), one(experiment), **bearer(secret))

    refused = send(Scope.READ, Scope.RUNS_WRITE, Scope.ACCOUNT_WRITE)
    assert (refused.status_code, refused.json()["code"]) == (403, "scope_missing")
    assert send(Scope.PREDICTIONS_WRITE).status_code == 201
    assert Prediction.objects.count() == 1


def test_a_key_for_predictions_starts_no_runs() -> None:
    known = {
        (API, "POST"): Scope.PREDICTIONS_WRITE,
        (f"{API}/x/pause", "POST"): Scope.PREDICTIONS_WRITE,
        ("/api/v1/experiments", "POST"): Scope.PREDICTIONS_WRITE,
        (f"{API}/run", "POST"): Scope.RUNS_WRITE,
        (API, "GET"): Scope.READ,
        ("/api/v1/benchmarks/run", "POST"): Scope.RUNS_WRITE,
    }
    assert {one: scope_for(*one) for one in known} == known


def test_a_page_elsewhere_cannot_send_predictions(
    cast: Cast, experiment: Experiment
) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(cast.owner)
    response = post(client, one(experiment))
    assert (response.status_code, response.json()["code"]) == (403, "csrf_failed")


def test_a_completed_prediction_is_not_paused(
    member: Client, experiment: Experiment, market: Market
) -> None:
    made = make_prediction(experiment, market)
    Summary.objects.update(benchmark_status="COMPLETED")
    assert post(member, "", f"{API}/{made.pk}/pause").status_code == 409


def test_an_experiment_of_a_name_is_begun_once(member: Client, cast: Cast) -> None:
    body = {"name": "gut", "workspace": str(cast.workspace.pk)}
    answers = [post(member, body, "/api/v1/experiments") for _ in range(2)]
    assert [one.status_code for one in answers] == [201, 409]
    wrong = post(member, body | {"name": "a b"}, "/api/v1/experiments")
    assert wrong.json()["errors"][0]["where"] == "name"


@pytest.mark.parametrize(("depth", "status"), [(19, 201), (21, 422), (900, 400)])
def test_parameters_that_are_nested_too_deep_are_refused(
    member: Client, cast: Cast, depth: int, status: int
) -> None:
    nested = '{"a":' * depth + "1" + "}" * depth
    body = f'{{"name":"n","workspace":"{cast.workspace.pk}","parameters":{nested}}}'
    response = post(member, body, "/api/v1/experiments")
    assert response.status_code == status
