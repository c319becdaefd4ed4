"""What several subcommands read from their command line."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

from apps.accounts.selectors.workspaces import is_workspace
from apps.core.errors import ConflictError, InvalidInputError, NotFoundError
from apps.predictions.domain.words import ExperimentKind
from apps.predictions.selectors.predictions import (
    ExperimentRow,
    get_experiment,
    get_named_experiment,
)
from apps.predictions.selectors.visible import SYSTEM
from apps.predictions.services.experiments import create_experiment

if TYPE_CHECKING:
    from datetime import datetime


def read_id(text: str, what: str) -> UUID:
    """Return the identifier that a text holds.

    Raises:
        InvalidInputError: it holds none.
    """
    try:
        return UUID(text)
    except ValueError:
        raise InvalidInputError(f"{text!r} is no {what}: give its id.") from None


def read_workspace(text: str | None) -> UUID | None:
    """Return the workspace of an id; None, the operator, where none is given.

    Raises:
        InvalidInputError: the text is no id.
        NotFoundError: there is no such workspace.
    """
    if text is None:
        return None
    workspace_id = read_id(text, "workspace")
    if not is_workspace(workspace_id):
        raise NotFoundError(f"There is no workspace {workspace_id}.")
    return workspace_id


def find_experiment(
    named: str,
    workspace_id: UUID | None,
    *,
    kind: ExperimentKind = ExperimentKind.SUBMITTED,
    begin_at: datetime | None = None,
) -> ExperimentRow:
    """Return the experiment of a kind by its id, or by its name in a workspace.

    With a time, it is begun then where there is none of that name.

    Raises:
        ConflictError: the experiment is of another kind.
        NotFoundError: there is no such experiment.
    """
    try:
        row = resolve_experiment(named, workspace_id)
    except NotFoundError as error:
        if begin_at is None:
            raise NotFoundError(f"{error} `--begin` begins it.") from error
        return create_experiment(
            workspace_id=workspace_id, name=named, kind=kind, now=begin_at
        )
    if row.kind is not kind or row.is_backtest:
        found = "a backtest" if row.is_backtest else row.kind.value
        raise ConflictError(
            f"The experiment {row.name} is {found}, and this is for {kind.value} ones."
        )
    return row


def read_experiment_id(named: str) -> UUID:
    """Return the id of an experiment that is named by it, or of the operator's by name.

    Raises:
        NotFoundError: there is no such experiment.
    """
    try:
        return resolve_experiment(named, None).id
    except NotFoundError as error:
        hint = "`manage.py predictions experiments` lists ids and names."
        raise NotFoundError(f"{error} {hint}") from error


def resolve_experiment(named: str, workspace_id: UUID | None) -> ExperimentRow:
    """Return the experiment of any kind by its id, or by its name in a workspace.

    Raises:
        NotFoundError: there is no such experiment.
    """
    try:
        return get_experiment(SYSTEM, UUID(named))
    except ValueError:
        return get_named_experiment(SYSTEM, workspace_id, named)
