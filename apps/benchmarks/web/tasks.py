"""Suites and their tasks."""

from __future__ import annotations

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

if TYPE_CHECKING:
    from uuid import UUID

    from django.http import HttpRequest, HttpResponse

TASKS_A_PAGE = 60


@require_safe
def suite_list(request: HttpRequest) -> HttpResponse:
    """Show every suite."""
    suites = list_suite_versions(viewer_of(request))
    return render(request, "benchmarks/suites.html", {"suites": suites})


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
    task = get_task(viewer_of(request), task_id, now=timezone.now(), period=period)
    context = {
        "task": task,
        "spec": task.spec,
        "prompt": readable(task.spec.prompt),
        "periods": period_choices(request, period),
        "results": task.recent,
    }
    return render(request, "benchmarks/task.html", context)
