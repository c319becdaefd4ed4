"""Suites, their versions and tasks, as frozen rows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db.models import Count, Exists, OuterRef, Q, QuerySet

from apps.accounts.domain.tiers import Entitlement
from apps.accounts.selectors.workspaces import Viewer
from apps.benchmarks.domain.codec import decode_spec
from apps.benchmarks.domain.text import is_storable
from apps.benchmarks.models import Suite, SuiteVersion, Task
from apps.core.errors import NotFoundError

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime
    from uuid import UUID

    from apps.benchmarks.domain.specs import TaskSpec

SYSTEM = Viewer(is_staff=True)  # the installation itself: commands and jobs


@dataclass(frozen=True, slots=True)
class SuiteVersionRow:
    """One version of a suite, without its tasks."""

    id: UUID
    suite_id: UUID
    suite_slug: str
    suite_title: str
    description: str
    is_public: bool
    workspace_id: UUID | None
    number: int
    seed: int | None
    content_hash: str
    created_at: datetime
    tasks: int


@dataclass(frozen=True, slots=True)
class SuiteName:
    """What a suite is called in addresses and by people."""

    slug: str
    title: str


@dataclass(frozen=True, slots=True)
class TaskRow:
    """One stored task with its specification."""

    id: UUID
    suite_version_id: UUID
    family_title: str
    spec: TaskSpec


def get_visible_suites(viewer: Viewer) -> QuerySet[Suite]:
    """Return the suites that this viewer may see: the one door to suites.

    A private suite is its members' alone, and hidden from them, too, while their
    workspace is not entitled to private suites. Staff see all.
    """
    if viewer.is_staff:
        return Suite.objects.all()
    entitled = viewer.workspaces_with(Entitlement.PRIVATE_SUITES)
    return Suite.objects.filter(Q(is_public=True) | Q(workspace_id__in=entitled))


def count_private_suites(workspace_id: UUID) -> int:
    """Return how many private suites a workspace has, hidden or not."""
    return Suite.objects.filter(workspace_id=workspace_id, is_public=False).count()


def get_suite_version(
    viewer: Viewer, slug: str, *, number: int | None = None
) -> SuiteVersionRow:
    """Return a suite's newest version, or the numbered one.

    Raises:
        NotFoundError: no such suite or version is visible.
    """
    versions = (
        SuiteVersion.objects.filter(
            suite__in=get_visible_suites(viewer), suite__slug=slug
        )
        .select_related("suite")
        .annotate(task_count=Count("tasks"))
        .order_by("-number")
    )
    if number is not None:
        versions = versions.filter(number=number)
    version = versions.first() if is_storable(slug) else None
    if version is None:
        what = f"suite {slug!r}" if number is None else f"suite {slug!r} v{number}"
        raise NotFoundError(f"There is no {what}.")
    return to_suite_version_row(version, version.task_count)


def list_suite_names(viewer: Viewer) -> tuple[SuiteName, ...]:
    """Return the visible suites that have a version, by slug."""
    versions = SuiteVersion.objects.filter(suite=OuterRef("pk"))
    suites = get_visible_suites(viewer).filter(Exists(versions)).order_by("slug")
    return tuple(SuiteName(*both) for both in suites.values_list("slug", "title"))


def list_suite_versions(viewer: Viewer) -> tuple[SuiteVersionRow, ...]:
    """Return the newest version of each visible suite, by slug."""
    newest = (
        SuiteVersion.objects.filter(suite__in=get_visible_suites(viewer))
        .order_by("suite_id", "-number")
        .distinct("suite_id")
    )
    versions = (
        SuiteVersion.objects.filter(pk__in=newest.values("pk"))
        .select_related("suite")
        .annotate(task_count=Count("tasks"))
        .order_by("suite__slug")
    )
    return tuple(
        to_suite_version_row(version, version.task_count) for version in versions
    )


def get_tasks(
    suite_version_id: UUID,
    *,
    limit: int | None = None,
    categories: Collection[str] = (),
) -> tuple[TaskRow, ...]:
    """Return the version's tasks in their order, the first `limit` of them.

    With `categories` only those of these categories are looked at.
    """
    tasks = Task.objects.filter(suite_version_id=suite_version_id)
    if categories:
        tasks = tasks.filter(category__in=categories)
    ordered = tasks.select_related("family").order_by("position")
    return tuple(
        TaskRow(
            task.id, task.suite_version_id, task.family.title, decode_spec(task.spec)
        )
        for task in (ordered if limit is None else ordered[:limit])
    )


def list_categories(suite_version_id: UUID) -> tuple[str, ...]:
    """Return the categories that the version's tasks have, by name."""
    tasks = Task.objects.filter(suite_version_id=suite_version_id)
    found = tasks.order_by("category").values_list("category", flat=True)
    return tuple(found.distinct())


def to_suite_version_row(version: SuiteVersion, tasks: int) -> SuiteVersionRow:
    """Return the row of a version that has so many tasks."""
    suite = version.suite
    return SuiteVersionRow(
        id=version.id,
        suite_id=suite.id,
        suite_slug=suite.slug,
        suite_title=suite.title,
        description=suite.description,
        is_public=suite.is_public,
        workspace_id=suite.workspace_id,
        number=version.number,
        seed=version.seed,
        content_hash=version.content_hash,
        created_at=version.created_at,
        tasks=tasks,
    )
