"""Erasing the experiments of a workspace, with all that hangs from them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import connection, transaction

from apps.predictions.models import (
    AskItem,
    AskRun,
    Attempt,
    Experiment,
    Prediction,
    Snapshot,
    Summary,
)

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from apps.accounts.registry import Subject


def erase_predictions(subject: Subject, now: datetime) -> int:
    """Remove a workspace's experiments; of a person, that they began some."""
    del now
    if subject.workspace_id is not None:
        theirs = Experiment.objects.filter(workspace_id=subject.workspace_id)
        removed = sum(remove_experiment(experiment_id=one.pk) for one in theirs)
        asked = AskRun.objects.filter(workspace_id=subject.workspace_id)
        return removed + asked.delete()[0]
    began = Experiment.objects.filter(created_by_id=subject.user_id)
    asked = AskRun.objects.filter(created_by_id=subject.user_id)
    return began.update(created_by=None) + asked.update(created_by=None)


@transaction.atomic
def remove_experiment(*, experiment_id: UUID) -> int:
    """Remove an experiment and its whole chain; return how many rows went."""
    predictions = Prediction.objects.filter(experiment_id=experiment_id)
    removed = Snapshot.objects.filter(prediction__in=predictions).delete()[0]
    removed += Summary.objects.filter(experiment_id=experiment_id).delete()[0]
    removed += Attempt.objects.filter(experiment_id=experiment_id).delete()[0]
    removed += AskItem.objects.filter(experiment_id=experiment_id).delete()[0]
    with connection.cursor() as cursor:
        # The trigger that keeps predictions lets them go only with this.
        cursor.execute("SET LOCAL assay.erasing = 'on'")
        removed += predictions.delete()[0]
        removed += Experiment.objects.filter(pk=experiment_id).delete()[0]
        # Not after a failure: there the rollback takes it back, and an aborted
        # transaction would refuse this with an error that hides the first.
        cursor.execute("SET LOCAL assay.erasing = 'off'")
    return removed
