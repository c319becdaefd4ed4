"""Experiments by what people call them, and all of them one after another."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

from django.db.models import Q

from apps.core.errors import InvalidInputError, NotFoundError
from apps.predictions.domain.entries import is_storable
from apps.predictions.selectors.predictions import (
    MAX_PAGE,
    ExperimentRow,
    get_experiment,
    list_experiments,
    to_experiment_row,
)
from apps.predictions.selectors.visible import get_visible_experiments

if TYPE_CHECKING:
    from collections.abc import Iterator

    from apps.accounts.selectors.workspaces import Viewer
    from apps.predictions.domain.words import ExperimentKind


def find_experiment(viewer: Viewer, named: str) -> ExperimentRow:
    """Return the experiment of an id, or of a name.

    A name is looked for in the viewer's workspaces, then among the operator's
    experiments, then among all others that they see.

    Raises:
        InvalidInputError: several have that name.
        NotFoundError: none that is visible has it.
    """
    try:
        return get_experiment(viewer, UUID(named))
    except ValueError:
        pass
    # A text that no database takes is nobody's name.
    known = named if is_storable(named) else ""
    found = get_visible_experiments(viewer).filter(name=known)
    for place in (
        Q(workspace_id__in=viewer.workspace_ids),
        Q(workspace__isnull=True),
        Q(),
    ):
        rows = list(found.filter(place).select_related("model__provider")[:2])
        if len(rows) > 1:
            raise InvalidInputError(
                f"experiment: several are named {named!r}: give an id."
            )
        if rows:
            return to_experiment_row(rows[0])
    raise NotFoundError(f"There is no experiment {named!r}: give its id or its name.")


def iterate_experiments(
    viewer: Viewer,
    *,
    workspace_id: UUID | None = None,
    kind: ExperimentKind | None = None,
) -> Iterator[ExperimentRow]:
    """Yield every visible experiment, the newest first, a page at a time."""
    cursor: UUID | None = None
    while True:
        page = list_experiments(
            viewer, workspace_id=workspace_id, kind=kind, cursor=cursor, limit=MAX_PAGE
        )
        yield from page.rows
        cursor = page.next_cursor
        if cursor is None:
            return
