"""Suites and their tasks, with their twins."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from apps.accounts.viewers import viewer_of
from apps.benchmarks.selectors.suites import (
    get_suite_version,
    get_tasks,
    list_suite_versions,
)
from apps.benchmarks.selectors.tasks import get_task
from apps.benchmarks.web.boards import period_choices, read_period
from apps.benchmarks.web.reading import readable
from apps.core.web.queries import read_number, with_query
from apps.core.web.twins import csv_response, json_response

if TYPE_CHECKING:
    from uuid import UUID

    from django.http import HttpRequest, HttpResponse

    from apps.benchmarks.domain.specs import TaskSpec
    from apps.benchmarks.selectors.tasks import TaskDetail

TASKS_A_PAGE = 60
SUITE_COLUMNS = (
    "suite_slug",
    "suite_title",
    "number",
    "tasks",
    "is_public",
    "content_hash",
    "seed",
    "created_at",
    "description",
)
TASK_MODEL_COLUMNS = (
    "model",
    "display_name",
    "mean",
    "ci_low",
    "ci_high",
    "scored",
    "unscored",
    "model_id",
)


@dataclass(frozen=True, slots=True)
class ShownTask:
    """A task without its check and its reference answer, which stay on the server."""

    id: UUID
    task_id: str
    family: str
    category: str
    kind: str
    difficulty: str
    entry_point: str
    prompt: str


TASK_COLUMNS = tuple(ShownTask.__dataclass_fields__)


@require_safe
def suite_list(request: HttpRequest) -> HttpResponse:
    """Show every suite."""
    suites = list_suite_versions(viewer_of(request))
    return render(request, "benchmarks/suites.html", {"suites": suites})


@require_safe
def suite_list_json(request: HttpRequest) -> HttpResponse:
    """Return every suite."""
    return json_response({"items": list_suite_versions(viewer_of(request))})


@require_safe
def suite_list_csv(request: HttpRequest) -> HttpResponse:
    """Return every suite as CSV."""
    rows = list_suite_versions(viewer_of(request))
    return csv_response("suites", SUITE_COLUMNS, rows)


@require_safe
def suite_json(request: HttpRequest, slug: str) -> HttpResponse:
    """Return a suite's newest version with all its tasks."""
    version = get_suite_version(viewer_of(request), slug)
    tasks = [
        _to_shown(task.id, task.family_title, task.spec)
        for task in get_tasks(version.id)
    ]
    return json_response({"suite": version, "tasks": tasks})


@require_safe
def suite_csv(request: HttpRequest, slug: str) -> HttpResponse:
    """Return all tasks of a suite's newest version."""
    version = get_suite_version(viewer_of(request), slug)
    tasks = [
        _to_shown(task.id, task.family_title, task.spec)
        for task in get_tasks(version.id)
    ]
    return csv_response(f"suite-{slug}", TASK_COLUMNS, tasks)


@require_safe
def suite_page(request: HttpRequest, slug: str) -> HttpResponse:
    """Show a suite's newest version with its tasks."""
    version = get_suite_version(viewer_of(request), slug)
    pages = max(1, -(-version.tasks // TASKS_A_PAGE))
    number = read_number(request, "page", 1, low=1, high=pages)
    start = (number - 1) * TASKS_A_PAGE
    tasks = get_tasks(version.id, limit=start + TASKS_A_PAGE)[start:]
    context = {
        "suite": version,
        "tasks": tasks,
        "number": number,
        "pages": pages,
        "back_href": with_query(request, page=str(number - 1)) if number > 1 else "",
        "next_href": with_query(request, page=str(number + 1))
        if number < pages
        else "",
    }
    return render(request, "benchmarks/suite.html", context)


@require_safe
def task_page(request: HttpRequest, task_id: UUID) -> HttpResponse:
    """Show a task, how models do on it, and their latest answers.

    Its check and its reference answer stay out: a model may read this page.
    """
    period = read_period(request)
    task = _read_task(request, task_id)
    context = {
        "twin_query": f"?period={period}",
        "task": task,
        "spec": task.spec,
        "prompt": readable(task.spec.prompt),
        "periods": period_choices(request, period),
        "results": task.recent,
    }
    return render(request, "benchmarks/task.html", context)


@require_safe
def task_json(request: HttpRequest, task_id: UUID) -> HttpResponse:
    """Return a task, how models do on it, and their latest answers."""
    task = _read_task(request, task_id)
    shown = _to_shown(task.id, task.family, task.spec)
    return json_response(
        {
            "suite_slug": task.suite_slug,
            "suite_version": task.suite_version,
            "task": shown,
            "since": task.since,
            "models": task.models,
            "recent": task.recent,
        }
    )


@require_safe
def task_csv(request: HttpRequest, task_id: UUID) -> HttpResponse:
    """Return how models do on a task."""
    task = _read_task(request, task_id)
    name = f"task-{task.spec.task_id}"
    return csv_response(name, TASK_MODEL_COLUMNS, task.models)


def _read_task(request: HttpRequest, task_id: UUID) -> TaskDetail:
    return get_task(
        viewer_of(request), task_id, now=timezone.now(), period=read_period(request)
    )


def _to_shown(task_id: UUID, family: str, spec: TaskSpec) -> ShownTask:
    return ShownTask(
        id=task_id,
        task_id=spec.task_id,
        family=family,
        category=spec.category,
        kind=spec.kind.value,
        difficulty=spec.difficulty,
        entry_point=spec.entry_point,
        prompt=spec.prompt,
    )
