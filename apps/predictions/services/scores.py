"""Where every experiment stands, computed from summaries and kept for the boards."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from django.db import connection, transaction
from django.db.models import Max, Q
from django.db.models.functions import Greatest

from apps.predictions.domain.standings import Standing, stand
from apps.predictions.models import (
    Experiment,
    ExperimentScore,
    Prediction,
    ScorePair,
)
from apps.predictions.selectors.reports import count_asking, natures_of
from apps.predictions.selectors.revisions import read_board_revision
from apps.predictions.selectors.tracked import read_tracked
from apps.predictions.services.live import announce_scores
from apps.predictions.services.score_pairs import store_pairs

if TYPE_CHECKING:
    from collections.abc import Iterable
    from uuid import UUID

    from django.db.models import QuerySet

    from apps.markets.domain.markets import Nature

# A summary says when its writer looked, and is to be seen only once that has committed.
MARGIN = timedelta(minutes=2)
# Two that compute at once take turns: the second one sees what the first one wrote.
_LOCK = "SELECT pg_advisory_xact_lock(hashtext('predictions.scores'))"


@transaction.atomic
def recompute_scores(
    *,
    now: datetime,
    experiment_ids: Iterable[UUID] | None = None,
    everything: bool = False,
) -> int:
    """Compute the scores of experiments anew, and the pairs that they are in.

    Without ids: of those with a prediction, a look or a settlement since their scores
    were computed, or of `everything`. Returns how many experiments that were.
    """
    with connection.cursor() as cursor:
        cursor.execute(_LOCK)
    if experiment_ids is not None:
        chosen = set(experiment_ids)
    else:
        chosen = _with_predictions() if everything else _stale()
    touched: dict[tuple[Nature, bool], set[UUID]] = defaultdict(set)
    for experiment in Experiment.objects.filter(pk__in=chosen).order_by("pk"):
        natures = natures_of(experiment.pk)
        kept = [one.value for one in natures]
        scores = ExperimentScore.objects.filter(experiment=experiment)
        scores.exclude(nature__in=kept).delete()
        pairs = ScorePair.objects.filter(Q(first=experiment) | Q(second=experiment))
        pairs.exclude(nature__in=kept).delete()
        for nature in natures:
            _store(experiment, nature, now)
            touched[nature, experiment.is_backtest].add(experiment.pk)
    for (nature, is_backtest), ids in sorted(touched.items()):
        store_pairs(nature=nature, is_backtest=is_backtest, touched=ids)
    if chosen:
        announce_scores(read_board_revision())
    return len(chosen)


def _finished() -> QuerySet[Experiment]:
    """Return what can be scored: a backtest that is played still says nothing."""
    return Experiment.objects.filter(is_unfinished=False)


def _with_predictions() -> set[UUID]:
    made = _finished().filter(predictions_made__gt=0)
    return set(made.values_list("pk", flat=True))


def _stale() -> set[UUID]:
    """Return the experiments that changed, or were published, since their scores."""
    found = _finished().annotate(looked=Max("summaries__updated_at"))
    found = found.filter(looked__isnull=False)
    found = found.annotate(changed=Greatest("looked", "published_at"))
    known = dict(
        ExperimentScore.objects.values_list("experiment_id").annotate(
            at=Max("computed_at")
        )
    )
    return {
        pk
        for pk, changed in found.values_list("pk", "changed")
        if pk not in known or changed >= known[pk] - MARGIN
    }


def _store(experiment: Experiment, nature: Nature, now: datetime) -> None:
    experiment_id, published = experiment.pk, experiment.published_at
    standing = stand(
        read_tracked(experiment_id, nature),
        None if published is None else published.timestamp(),
    )
    asking = count_asking(experiment_id, nature)
    values: dict[str, Any] = {
        **_columns(standing),
        "computed_at": now,
        "attempts": asking.attempts,
        "refusals": asking.refused,
        "cost": asking.cost,
        "last_predicted_at": _last_predicted_at(experiment_id, nature),
    }
    ExperimentScore.objects.update_or_create(
        experiment_id=experiment_id, nature=nature.value, defaults=values
    )


def _columns(standing: Standing) -> dict[str, Any]:
    counts, skill, settled = standing.counts, standing.skill, standing.settled_skill
    direction, public = standing.direction, standing.public_skill
    return {
        "predictions": counts.predictions,
        "events": counts.events,
        "settled": counts.settled,
        "settled_events": counts.settled_events,
        "void": counts.void,
        "waiting": standing.waiting,
        "copied": standing.copied,
        "price_shown": counts.price_shown,
        "published_afterwards": standing.published_afterwards,
        "skill": skill.value,
        "skill_error": skill.standard_error,
        "skill_low": skill.low,
        "skill_high": skill.high,
        "skill_n": skill.n,
        "skill_events": skill.events,
        "settled_skill": settled.value,
        "settled_low": settled.low,
        "settled_high": settled.high,
        "settled_p": settled.p_above,
        "public_events": public.events,
        "public_p": public.p_above,
        "interim_skill": standing.interim_skill.value,
        "brier": standing.brier.value,
        "market_brier": standing.market_brier.value,
        "log_score": standing.log_score.value,
        "convergence": standing.convergence.value,
        "convergence_rate": standing.convergence_rate.value,
        "direction_excess": None if direction is None else direction.excess,
        "direction_p": None if direction is None else direction.p,
        "confidence_rho": standing.confidence.value,
        "confidence_n": standing.confidence.n,
    }


def _last_predicted_at(experiment_id: UUID, nature: Nature) -> datetime | None:
    made = Prediction.objects.filter(
        experiment_id=experiment_id, market__venue__nature=nature.value
    )
    newest: datetime | None = made.aggregate(newest=Max("created_at"))["newest"]
    return newest
