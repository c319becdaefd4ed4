from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from django.test import Client, override_settings
from django.utils import timezone
from prometheus_client.parser import text_string_to_metric_families

from apps.core.heartbeats import Kind, beat
from apps.core.metrics import (
    REQUESTS,
    Metric,
    Reading,
    Shape,
    Source,
    declared_metrics,
    register_source,
    render_metrics,
)
from apps.core.servers.layout import REPOSITORY

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime
    from pathlib import Path

    from tests.ops.stack import Stack

Samples = dict[tuple[str, frozenset[tuple[str, str]]], float]


def read_samples(text: str) -> Samples:
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def value(samples: Samples, name: str, **labels: str) -> float:
    return samples[name, frozenset(labels.items())]


@pytest.mark.django_db
def test_requests_are_counted_by_method_view_and_status(client: Client) -> None:
    key = {"method": "GET", "view": "none", "status": "404"}
    before = read_samples(render_metrics().decode())
    client.get("/no-such-page")
    after = read_samples(render_metrics().decode())
    was = before.get((REQUESTS.name, frozenset(key.items())), 0)
    assert value(after, REQUESTS.name, **key) == was + 1


@pytest.mark.django_db
def test_a_method_that_nobody_defined_makes_no_series_of_its_own(
    client: Client,
) -> None:
    client.generic("BREW", "/no-such-page")
    text = render_metrics().decode()
    assert 'method="other"' in text
    assert "BREW" not in text


def test_heartbeats_are_read_when_they_are_scraped() -> None:
    facts = {"queues": ["default"], "slots": 4, "active": 3, "connected": True}
    beat(Kind.WORKER, "metered@here", timezone.now(), facts)
    samples = read_samples(render_metrics().decode())
    assert value(samples, "assay_workers_active") >= 1
    assert value(samples, "assay_worker_slots", worker="metered@here") == 4
    assert value(samples, "assay_worker_jobs_active", worker="metered@here") == 3
    assert value(samples, "assay_queue_depth", queue="default") == 0


@override_settings(HEARTBEAT_URL="unix:///nowhere/valkey.sock?db=0")
def test_a_source_that_fails_is_reported_and_spares_the_others() -> None:
    samples = read_samples(render_metrics().decode())
    assert value(samples, "assay_source_up", source="heartbeats") == 0
    assert value(samples, "assay_source_up", source="broker") == 1


def test_every_sample_is_of_a_declared_metric() -> None:
    declared = {metric.name for metric in declared_metrics()}
    families = text_string_to_metric_families(render_metrics().decode())
    shown = {
        f"{family.name}_total" if family.type == "counter" else family.name
        for family in families
    }
    ours = {name for name in shown if name.startswith("assay_")}
    assert ours <= declared


def test_a_metric_name_is_taken_once() -> None:
    def read(_now: datetime) -> Iterator[Reading]:
        yield from ()

    again = Metric(REQUESTS.name, Shape.COUNTER, "Requests, again.")
    with pytest.raises(ValueError, match=REQUESTS.name):
        register_source(Source("again", (again,), read))


@pytest.mark.django_db
def test_this_host_reads_metrics_where_no_token_is_set(client: Client) -> None:
    answer = client.get("/metrics")
    assert answer.status_code == 200
    assert answer.headers["Content-Type"].startswith("text/plain; version=0.0.4")


@pytest.mark.django_db
@pytest.mark.parametrize(
    "headers",
    [
        {"REMOTE_ADDR": "192.0.2.7"},
        {"HTTP_X_FORWARDED_FOR": "192.0.2.7"},
        {"HTTP_FORWARDED": "for=192.0.2.7"},
        {"REMOTE_ADDR": ""},
    ],
)
def test_a_stranger_reads_no_metrics(client: Client, headers: dict[str, str]) -> None:
    answer = client.get("/metrics", **headers)  # type: ignore[arg-type]
    assert answer.status_code == 403
    assert b"assay_" not in answer.content


@pytest.mark.django_db
@override_settings(METRICS_TOKEN="opensesame")
@pytest.mark.parametrize(
    ("sent", "status"),
    [
        ("Bearer opensesame", 200),
        ("bearer opensesame", 200),
        ("Bearer wrong", 403),
        ("Basic opensesame", 403),
        ("", 403),
    ],
)
def test_a_set_token_is_asked_of_everyone(
    client: Client, sent: str, status: int
) -> None:
    headers = {"Authorization": sent} if sent else {}
    assert client.get("/metrics", headers=headers).status_code == status


@pytest.mark.django_db
@override_settings(METRICS_TOKEN="opensesame")
def test_staff_read_metrics_and_others_do_not(
    admin_client: Client, client: Client, django_user_model: type
) -> None:
    assert admin_client.get("/metrics").status_code == 200
    member = django_user_model.objects.create_user(email="member@example.com")  # type: ignore[attr-defined]
    client.force_login(member)
    assert client.get("/metrics").status_code == 403


@pytest.mark.xdist_group("stack")
@pytest.mark.timeout(300)
def test_a_running_service_shows_its_workers(stack: Stack) -> None:
    status, text = stack.get("/metrics", Authorization="Bearer opensesame")
    samples = read_samples(text)
    assert status == 200
    assert value(samples, "assay_workers_active") == 2
    assert value(samples, "assay_source_up", source="broker") == 1
    assert {name for name, _ in samples} >= {"assay_heartbeat_age_seconds"}


def test_web_processes_of_one_host_add_up_their_counts(tmp_path: Path) -> None:
    code = (
        "import sys; from apps.core.metrics import observe_request, render_metrics;"
        "observe_request('GET', 'home', 200, 0.02);"
        "sys.stdout.write(render_metrics().decode())"
    )
    shared = os.environ | {"PROMETHEUS_MULTIPROC_DIR": str(tmp_path)}
    for count in (1, 2):
        text = subprocess.run(
            [sys.executable, "-c", code],
            env=shared,
            cwd=REPOSITORY,
            stdout=subprocess.PIPE,
            text=True,
            check=True,
        ).stdout
        labels = {"method": "GET", "view": "home", "status": "200"}
        assert value(read_samples(text), REQUESTS.name, **labels) == count
