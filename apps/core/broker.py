"""What waits in the broker."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from celery import current_app
from kombu.exceptions import ChannelError, OperationalError

from apps.core.errors import UnavailableError

if TYPE_CHECKING:
    from collections.abc import Iterable


def queue_depths(queues: Iterable[str]) -> dict[str, int]:
    """Return how many jobs wait in each queue, without those that a worker took.

    Raises:
        UnavailableError: the broker does not answer.
    """
    try:
        with current_app.connection_for_read(connect_timeout=1) as connection:
            connection.ensure_connection(max_retries=1, interval_start=0)
            channel = connection.channel()
            return {queue: _depth(channel, queue) for queue in queues}
    except (OperationalError, OSError) as error:
        raise UnavailableError(f"The broker does not answer: {error}") from error


def _depth(channel: Any, queue: str) -> int:
    try:
        declared = channel.queue_declare(queue=queue, passive=True)
    except ChannelError:  # nothing was ever sent to it, or all was taken
        return 0
    return int(declared.message_count)
