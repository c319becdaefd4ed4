"""What holds of an hour that is done, whatever happened on the way."""

from __future__ import annotations

from apps.predictions.domain.words import JobStatus
from apps.predictions.models import BenchmarkJob, Snapshot, Summary


def assert_whole(count: int) -> None:
    """See that every prediction has its one snapshot, and nothing counts it twice."""
    assert Snapshot.objects.count() == count
    assert set(Summary.objects.values_list("total_snapshots", flat=True)) == {1}
    job = BenchmarkJob.objects.get()
    counts = (job.status, job.successful, job.failed, job.skipped)
    assert counts == (JobStatus.COMPLETED.value, count, 0, 0)
    assert sum(job.movements.values()) == count
