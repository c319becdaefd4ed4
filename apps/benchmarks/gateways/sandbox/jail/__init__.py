"""What runs inside the jails; the trusted process calls nothing of it.

The modules are compiled once by the jail's own interpreter and sent over the
jail's standard input. They use the standard library alone.
"""

from __future__ import annotations
