"""One Lua script of Redis, called over connections that stay open.

What a client of redis-py adds to a call (its pool looks at the connection, its retries
and observability run around it) takes longer than the server's answer, so this asks
the connection itself. It also lets a caller do something else until the answer comes.
"""

from __future__ import annotations

import hashlib
import os
from typing import TYPE_CHECKING, Any

from redis.exceptions import ConnectionError as ClosedError
from redis.exceptions import NoScriptError

if TYPE_CHECKING:
    from redis import ConnectionPool

# While more calls wait for their answers, more are open.
_MOST_IDLE = 64


class Script:
    """A script that threads may call at once: each call has its own connection."""

    def __init__(self, pool: ConnectionPool, text: str) -> None:
        """Connect at the first call, as `pool` does."""
        self._pool = pool
        self.text = text
        self.digest = hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest()
        self._idle: list[Any] = []  # redis-py does not type what connections do
        self._process = os.getpid()

    def send(self, *arguments: str | int) -> Sent:
        """Send a call: the number of its keys, the keys and whatever else it is given.

        Raises:
            RedisError: Redis is not there.
        """
        return Sent(self, self._take(), arguments)

    def keep(self, connection: Any) -> None:
        """Take back a connection whose answers have all been read."""
        if len(self._idle) < _MOST_IDLE:
            self._idle.append(connection)
        else:
            connection.disconnect()

    def _take(self) -> Any:
        if self._process != os.getpid():  # a fork does not share its parent's
            self._idle, self._process = [], os.getpid()
        try:
            return self._idle.pop()
        except IndexError:
            return self._pool.make_connection()


class Sent:
    """One call that was sent: its answer is read once, or it is dropped."""

    __slots__ = ("_arguments", "_connection", "_script")

    def __init__(
        self, script: Script, connection: Any, arguments: tuple[str | int, ...]
    ) -> None:
        """Send it; a connection that the server has closed meanwhile is opened."""
        self._script = script
        self._connection = connection
        self._arguments = arguments
        try:
            self._send()
        except ClosedError:
            self._send()

    def read(self) -> Any:
        """Wait for the answer.

        A connection that was closed before it came is opened, and asked once more. An
        answer that does not come in time is a failure, since the server may have
        counted the call.

        Raises:
            RedisError: Redis did not answer, or the script failed.
        """
        try:
            try:
                answer = self._read()
            except ClosedError:
                self._send()
                answer = self._read()
        except BaseException:
            self.drop()
            raise
        connection, self._connection = self._connection, None
        self._script.keep(connection)
        return answer

    def drop(self) -> None:
        """Want no answer, where it has not been read.

        Its connection is closed: nobody may read what was meant for another call.
        """
        if self._connection is not None:
            self._connection.disconnect()
            self._connection = None

    def _send(self) -> None:
        self._connection.send_command(
            "EVALSHA", self._script.digest, *self._arguments, check_health=False
        )

    def _read(self) -> Any:
        try:
            return self._connection.read_response()
        except NoScriptError:  # the server was started anew
            self._connection.send_command(
                "SCRIPT", "LOAD", self._script.text, check_health=False
            )
            self._connection.read_response()
            self._send()
            return self._connection.read_response()
