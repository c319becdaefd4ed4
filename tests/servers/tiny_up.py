"""A supervisor of one small web server, set up by one small program.

With the word `deaf`, it also runs a process that ignores requests to leave. With the
word `lossy`, it tells itself to stop where Python drops what a signal raises.
"""

from __future__ import annotations

import os
import signal
import sys

from apps.core.errors import AppError
from apps.core.servers.layout import Layout
from apps.core.servers.plan import Process
from apps.core.servers.progress import Progress
from apps.core.servers.supervisor import Supervisor

SETUP = """
import json, os, sys
for event in ({"step": "Prepare"}, {"shown": ["a word at the end"]}, {"done": True}):
    os.write(int(sys.argv[-1]), json.dumps(event).encode() + b"\\n")
"""
SERVE = """
import socket, sys
from http.server import HTTPServer, SimpleHTTPRequestHandler
server = HTTPServer(("", 0), SimpleHTTPRequestHandler, bind_and_activate=False)
server.socket = socket.socket(fileno=int(sys.argv[1]))
server.serve_forever()
"""

DEAF = """
import signal, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
print("deaf", flush=True)
time.sleep(60)
"""


class Lossy(Progress):
    """Says the line of a running service, and has it stopped by a finaliser."""

    def say(self, line: str) -> None:
        """Write one line."""
        super().say(line)
        if line == "a word at the end":
            _Doomed()


class _Doomed:
    def __del__(self) -> None:
        os.kill(os.getpid(), signal.SIGTERM)


if __name__ == "__main__":
    plan = [Process("web", ("-c", SERVE, "{listener}"), answers_http=True)]
    if "deaf" in sys.argv:
        plan.append(Process("deaf", ("-c", DEAF), stop_seconds=60.0))
    supervisor = Supervisor(
        Layout.from_environment(),
        Lossy() if "lossy" in sys.argv else Progress(),
        plan,
        setup=("-c", SETUP),
    )
    try:
        supervisor.run()
    except AppError as error:
        sys.exit(str(error))
