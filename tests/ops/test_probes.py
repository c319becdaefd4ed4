from __future__ import annotations

from datetime import UTC, datetime

import pytest
from django.test import Client, override_settings

from apps.core.errors import UnavailableError
from apps.core.health import Finding, HealthChecks
from apps.core.web.observe import safe_request_id


def test_a_process_that_answers_is_alive(client: Client) -> None:
    answer = client.get("/livez")
    assert (answer.status_code, answer.json()) == (200, {"status": "alive"})
    assert "no-store" in answer.headers["Cache-Control"]


@override_settings(ALLOWED_HOSTS=["assay.example"], SECURE_SSL_REDIRECT=True)
def test_a_load_balancer_may_call_by_address_and_without_tls(client: Client) -> None:
    answer = client.get("/livez", headers={"Host": "10.0.0.7:8000"})
    assert answer.status_code == 200


@pytest.mark.django_db
def test_without_processes_the_service_is_not_ready(client: Client) -> None:
    answer = client.get("/readyz")
    said = answer.json()
    assert answer.status_code == 503
    assert {"scheduler", "jobs"} <= set(said["failed"])
    assert said["checks"]["database"] | {"latency_ms": 0} == {
        "ok": True,
        "detail": "answers",
        "latency_ms": 0,
    }
    assert said["checks"]["migrations"]["detail"] == "all applied"


@pytest.mark.django_db
@override_settings(METRICS_TOKEN="let me in")
def test_only_this_host_and_the_token_read_what_a_check_saw(client: Client) -> None:
    def read(**headers: str) -> dict[str, str]:
        answer = client.get("/readyz", headers=headers, REMOTE_ADDR="203.0.113.9")
        check: dict[str, str] = answer.json()["checks"]["scheduler"]
        return check

    for headers in ({}, {"Authorization": "Bearer wrong"}):
        assert read(**headers)["detail"] == "does not answer"
        assert "advice" not in read(**headers)
    assert "advice" in read(Authorization="Bearer let me in")
    assert "advice" in client.get("/readyz").json()["checks"]["scheduler"]


def test_probes_take_no_posts(client: Client) -> None:
    assert client.post("/readyz").status_code == 405


def test_a_check_that_raises_has_failed_and_the_others_still_run() -> None:
    def refuse(_now: datetime) -> Finding:
        message = "The moon is out."
        raise UnavailableError(message)

    def crash(_now: datetime) -> Finding:
        return Finding(ok=bool(1 / 0), detail="")

    checks = HealthChecks()
    checks.register("refuses", refuse)
    checks.register("crashes", crash)
    refused, crashed = checks.run(datetime(2026, 3, 1, tzinfo=UTC))
    assert refused.finding == Finding(ok=False, detail="The moon is out.")
    assert crashed.finding.detail == "ZeroDivisionError: division by zero"


def test_the_name_of_a_check_is_taken_once() -> None:
    checks = HealthChecks()
    checks.register("moon", lambda _now: Finding(ok=True, detail="in"))
    with pytest.raises(ValueError, match="moon"):
        checks.register("moon", lambda _now: Finding(ok=True, detail="out"))


def test_an_id_that_is_safe_to_log_is_kept() -> None:
    assert safe_request_id("01J-order.66:a_b") == "01J-order.66:a_b"


@pytest.mark.parametrize(
    "given", ["", "a\nb", "a b", '{"x":1}', "x" * 65, "-x", "ünter", "a\r\nLevel: 1"]
)
def test_an_id_that_could_forge_a_line_is_replaced(given: str) -> None:
    made = safe_request_id(given)
    assert made != given
    assert len(made) == 32


def test_the_id_is_said_in_the_answer(client: Client) -> None:
    answer = client.get("/livez", headers={"X-Request-ID": "order-66"})
    assert answer.headers["X-Request-ID"] == "order-66"


def test_a_check_is_not_asked_while_what_it_needs_is_not_well() -> None:
    asked: list[str] = []

    def ask(name: str, *, ok: bool) -> Finding:
        asked.append(name)
        return Finding(ok=ok, detail=name)

    checks = HealthChecks()
    checks.register("database", lambda _: ask("database", ok=False))
    checks.register("cache", lambda _: ask("cache", ok=True))
    checks.register("venues", lambda _: ask("venues", ok=False), needs="database")
    checks.register("pages", lambda _: ask("pages", ok=False), needs="cache")
    found = {one.name: one.finding for one in checks.run(datetime.now(UTC))}
    assert asked == ["database", "cache", "pages"]
    assert found["venues"] == Finding(
        ok=True, detail="not known while database is not well"
    )
    assert not found["pages"].ok
