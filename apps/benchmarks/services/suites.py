"""Writing suites."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models import Max

from apps.benchmarks.domain.codec import encode_spec, hash_specs
from apps.benchmarks.domain.text import escape_text
from apps.benchmarks.models import Suite, SuiteVersion, Task, TaskFamily
from apps.core.errors import InvalidInputError

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from apps.benchmarks.domain.specs import TaskSpec


@transaction.atomic
def store_suite_version(
    *,
    slug: str,
    title: str,
    specs: tuple[TaskSpec, ...],
    now: datetime,
    description: str = "",
    source: str = "",
    seed: int | None = None,
    workspace_id: UUID | None = None,
    is_public: bool = True,
) -> tuple[UUID, bool]:
    """Store these tasks as the suite's newest version, making the suite if need be.

    Returns the version's id and whether it is new: content that the suite already
    has as a version is not stored again.

    Raises:
        InvalidInputError: there is no task, or two tasks share an id.
    """
    _refuse_bad_specs(specs)
    suite, _ = Suite.objects.get_or_create(
        slug=slug,
        defaults={
            "title": title,
            "description": description,
            "workspace_id": workspace_id,
            "is_public": is_public,
            "created_at": now,
        },
    )
    # Two imports at once take turns, so that version numbers stay a sequence.
    Suite.objects.select_for_update().get(pk=suite.pk)
    content_hash = hash_specs(specs)
    known = suite.versions.filter(content_hash=content_hash).first()
    if known is not None:
        return known.id, False
    latest = suite.versions.aggregate(latest=Max("number"))["latest"] or 0
    version = SuiteVersion.objects.create(
        suite=suite,
        number=latest + 1,
        seed=seed,
        source=source,
        content_hash=content_hash,
        created_at=now,
    )
    _store_tasks(version, specs)
    return version.id, True


def _refuse_bad_specs(specs: tuple[TaskSpec, ...]) -> None:
    if not specs:
        raise InvalidInputError("A suite needs at least one task.")
    seen: set[str] = set()
    for spec in specs:
        if spec.task_id in seen:
            raise InvalidInputError(f"Two tasks are named {spec.task_id!r}.")
        seen.add(spec.task_id)


def _store_tasks(version: SuiteVersion, specs: tuple[TaskSpec, ...]) -> None:
    families: dict[str, TaskFamily] = {}
    for spec in specs:
        if spec.family not in families:
            families[spec.family], _ = TaskFamily.objects.get_or_create(
                slug=spec.family,
                defaults={
                    "title": spec.family.replace("-", " ").capitalize(),
                    "category": spec.category,
                },
            )
    Task.objects.bulk_create(
        Task(
            suite_version=version,
            family=families[spec.family],
            position=position,
            key=spec.task_id,
            kind=spec.kind.value,
            category=spec.category,
            difficulty=spec.difficulty,
            prompt=escape_text(spec.prompt),
            spec=encode_spec(spec),
        )
        for position, spec in enumerate(specs)
    )
