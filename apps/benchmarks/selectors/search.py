"""Finding models, suites and tasks by a part of their names."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db.models import Q

from apps.benchmarks.models import SuiteVersion, Task
from apps.benchmarks.selectors.suites import get_visible_suites
from apps.catalog.selectors.models import list_models

if TYPE_CHECKING:
    from apps.accounts.selectors.workspaces import Viewer
    from apps.catalog.selectors.models import ModelRow

MOST_FOUND = 30  # of each kind


@dataclass(frozen=True, slots=True)
class Hit:
    """One thing found: its page, its name, and what tells it from others."""

    href: str
    name: str
    more: str


@dataclass(frozen=True, slots=True)
class Found:
    """What a search found, by kind."""

    models: tuple[Hit, ...]
    suites: tuple[Hit, ...]
    tasks: tuple[Hit, ...]

    @property
    def is_empty(self) -> bool:
        """Whether nothing was found."""
        return not (self.models or self.suites or self.tasks)


def search_all(viewer: Viewer, text: str) -> Found:
    """Return what this viewer may see whose name contains every word of `text`."""
    words = text.lower().split()
    return Found(
        models=_find_models(words),
        suites=_find_suites(viewer, words),
        tasks=_find_tasks(viewer, words),
    )


def _find_models(words: list[str]) -> tuple[Hit, ...]:
    def fits(model: ModelRow) -> bool:
        names = f"{model.full_name} {model.display_name}".lower()
        return all(word in names for word in words)

    found = [model for model in list_models() if fits(model)]
    return tuple(
        Hit(f"/models/{model.id}/", model.display_name, model.full_name)
        for model in found[:MOST_FOUND]
    )


def _find_suites(viewer: Viewer, words: list[str]) -> tuple[Hit, ...]:
    suites = get_visible_suites(viewer)
    for word in words:
        suites = suites.filter(Q(title__icontains=word) | Q(slug__icontains=word))
    return tuple(
        Hit(f"/suites/{suite.slug}/", suite.title, suite.slug)
        for suite in suites[:MOST_FOUND]
    )


def _find_tasks(viewer: Viewer, words: list[str]) -> tuple[Hit, ...]:
    """Search the newest version of each suite: older ones repeat its tasks."""
    newest = (
        SuiteVersion.objects.filter(suite__in=get_visible_suites(viewer))
        .order_by("suite_id", "-number")
        .distinct("suite_id")
    )
    tasks = Task.objects.filter(suite_version_id__in=newest.values("id"))
    for word in words:
        tasks = tasks.filter(Q(key__icontains=word) | Q(family__title__icontains=word))
    found = tasks.select_related("family", "suite_version__suite").defer("spec")
    return tuple(
        Hit(f"/tasks/{task.id}/", task.key, task.suite_version.suite.title)
        for task in found.order_by("key")[:MOST_FOUND]
    )
