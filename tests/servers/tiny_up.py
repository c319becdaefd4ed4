"""A supervisor of one small web server, set up by one small program.

With the word `deaf`, it also runs a process that ignores requests to leave.
"""

from __future__ import annotations

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

if __name__ == "__main__":
    plan = [Process("web", ("-c", SERVE, "{listener}"), answers_http=True)]
    if "deaf" in sys.argv:
        plan.append(Process("deaf", ("-c", DEAF), stop_seconds=60.0))
    supervisor = Supervisor(
        Layout.from_environment(),
        Progress(),
        plan,
        setup=("-c", SETUP),
    )
    try:
        supervisor.run()
    except AppError as error:
        sys.exit(str(error))
