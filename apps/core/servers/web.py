"""Serve an ASGI application on a listening socket that the supervisor made.

`python -m apps.core.servers.web APPLICATION DESCRIPTOR`. The supervisor keeps the
socket, so the port is ours from the start on, and while a dead server is started again
the connections wait instead of being refused.
"""

from __future__ import annotations

import socket
import sys

import uvicorn

GRACE_SECONDS = 3


def main(application: str, descriptor: int) -> int:
    """Serve until a signal ends it; return the exit status."""
    config = uvicorn.Config(
        application,
        # 46-51 KB a connection otherwise, and processor time.
        ws_per_message_deflate=False,
        # Open streams would hold up a stop for ever.
        timeout_graceful_shutdown=GRACE_SECONDS,
        access_log=False,
        # An application may have something to do before the end.
        lifespan="auto",
        # `X-Forwarded-For` is believed only of the proxies that the settings name.
        proxy_headers=False,
        log_config=None,
    )
    server = uvicorn.Server(config)
    with socket.socket(fileno=descriptor) as listener:
        server.run(sockets=[listener])
    return 0 if server.started else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], int(sys.argv[2])))
