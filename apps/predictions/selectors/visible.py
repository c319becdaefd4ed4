"""Who sees which experiments and predictions: the one door to both."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db.models import Q

from apps.accounts.selectors.workspaces import Viewer
from apps.predictions.models import Experiment, Prediction

if TYPE_CHECKING:
    from uuid import UUID

    from django.db.models import QuerySet

SYSTEM = Viewer(is_staff=True)  # the installation itself: commands and jobs


def get_visible_experiments(viewer: Viewer) -> QuerySet[Experiment]:
    """Return the experiments that this viewer may see.

    The operator's and published ones are everybody's, the others their workspace's
    members' alone. Staff see all. Backtests are there once they are finished.
    """
    found = Experiment.objects.filter(is_unfinished=False)
    if viewer.is_staff:
        return found
    return found.filter(
        Q(workspace__isnull=True)
        | Q(is_public=True)
        | Q(workspace_id__in=viewer.workspace_ids)
    )


def get_visible_predictions(viewer: Viewer) -> QuerySet[Prediction]:
    """Return the predictions of the experiments that this viewer may see."""
    found = Prediction.objects.filter(experiment__is_unfinished=False)
    if viewer.is_staff:
        return found
    return found.filter(
        Q(experiment__workspace__isnull=True)
        | Q(experiment__is_public=True)
        | Q(experiment__workspace_id__in=viewer.workspace_ids)
    )


def named_in(
    found: QuerySet[Experiment], workspace_id: UUID | None, name: str
) -> QuerySet[Experiment]:
    """Keep the experiment of this name in a workspace, or among the operator's."""
    if workspace_id is None:
        return found.filter(workspace__isnull=True, name=name)
    return found.filter(workspace_id=workspace_id, name=name)
