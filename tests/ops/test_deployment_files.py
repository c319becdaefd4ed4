"""Procfile, Dockerfile, compose file and the supervisor's plan say the same."""

from __future__ import annotations

import shlex
from typing import Any

import yaml
from django.conf import settings

from apps.core.servers.layout import REPOSITORY
from config.env import declared_variables

PROCFILE = dict(
    line.split(": ", 1) for line in (REPOSITORY / "Procfile").read_text().splitlines()
)
# For development and tests; where the image lays its files; for several web processes
# of one host, where a container is one.
NOT_FOR_CONTAINERS = {
    *("ASSAY_DEBUG", "ASSAY_TASKS_EAGER"),
    *("ASSAY_VAR", "PROMETHEUS_MULTIPROC_DIR"),
}
CHOSEN_BY_COMPOSE = {
    *("SECRET_KEY", "DATABASE_URL", "REDIS_URL", "ALLOWED_HOSTS", "ASSAY_HTTPS"),
}
# The image has the static files already; the rest is for trying the service out.
NOT_FOR_RELEASES = {"ensure_static", "ensure_demo_user", "first_run"}
COMPOSE: dict[str, Any] = yaml.safe_load(
    (REPOSITORY / "docker-compose.yml").read_text()
)


def run_by_compose(name: str) -> str:
    shell, flag, command = shlex.split(COMPOSE["services"][name]["command"])
    assert (shell, flag) == ("sh", "-c")
    return command.replace("$$", "$").removeprefix("exec ")


def test_compose_runs_every_line_of_the_procfile() -> None:
    for name, command in PROCFILE.items():
        assert run_by_compose(name) == command
    assert set(COMPOSE["services"]) - set(PROCFILE) == {"postgres", "valkey"}


def test_the_supervisor_runs_the_same_processes() -> None:
    plan = {item.name: item.arguments for item in settings.UP_PROCESSES}
    for name in ("worker", "benchmarks", "scheduler"):
        expected = PROCFILE[name].replace("${ASSAY_BENCHMARK_SLOTS:-4}", "4")
        assert list(plan[name]) == ["-m", *shlex.split(expected)]
    assert ["python", *plan["follower"]] == shlex.split(PROCFILE["follower"])


def test_a_release_takes_the_steps_of_the_supervisor() -> None:
    steps = [shlex.split(step) for step in PROCFILE["release"].split(" && ")]
    assert all(step[:2] == ["python", "manage.py"] for step in steps)
    planned = [step.command for step in settings.UP_STEPS]
    assert set(planned) >= NOT_FOR_RELEASES
    assert [step[2] for step in steps] == [
        command for command in planned if command not in NOT_FOR_RELEASES
    ]


def test_the_image_starts_the_web_process_by_default() -> None:
    text = (REPOSITORY / "Dockerfile").read_text().replace("\\\n", "")
    (line,) = [line for line in text.splitlines() if line.startswith("CMD ")]
    words: list[str] = yaml.safe_load(line.removeprefix("CMD "))
    assert words == shlex.split(PROCFILE["web"].replace("${PORT:-8000}", "8000"))


def test_the_image_holds_no_development_packages() -> None:
    text = (REPOSITORY / "Dockerfile").read_text()
    assert "requirements/base.txt" in text
    assert "requirements/dev" not in text
    assert "USER assay" in text


def test_every_process_waits_for_the_release_and_servers_are_probed() -> None:
    services = COMPOSE["services"]
    for name in ("web", "worker", "benchmarks", "scheduler", "follower"):
        waits_for = services[name]["depends_on"]
        assert waits_for["release"]["condition"] == "service_completed_successfully"
    for name in ("postgres", "valkey", "web"):
        assert "healthcheck" in services[name]


def test_every_setting_reaches_the_containers() -> None:
    known = {variable.name: str(variable.default) for variable in declared_variables()}
    passed = COMPOSE["x-assay"]["environment"]
    assert set(passed) == set(known) - NOT_FOR_CONTAINERS
    for name in set(passed) - CHOSEN_BY_COMPOSE:
        default = "" if "`" in known[name] else known[name]
        assert passed[name] == f"${{{name}:-{default}}}"
