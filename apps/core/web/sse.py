"""Server-Sent Events, as the HTML standard writes them."""

from __future__ import annotations

MEDIA_TYPE = "text/event-stream"
HEARTBEAT = b": still here\n\n"  # a comment: clients ignore it, proxies keep the line
_RETRY_MS = 3000


def encode_event(name: str, data: str, event_id: str | None = None) -> bytes:
    """Write one event; `data` may be any text. Without an id the last one stays."""
    lines = [f"event: {name}", f"retry: {_RETRY_MS}"]
    if event_id is not None:
        lines.insert(1, f"id: {event_id}")
    lines += [f"data: {line}" for line in data.splitlines() or [""]]
    return ("\n".join(lines) + "\n\n").encode()
