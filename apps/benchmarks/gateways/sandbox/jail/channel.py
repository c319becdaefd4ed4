"""The frames between a jail and the trusted process: four bytes of size, then these."""

from __future__ import annotations

import posix  # what `os` is made of, without its millisecond of imports
from posix import _exit

_CLOSED = 96  # the exit status of a jail whose other side has gone
_FORGOTTEN = 97  # and of a process that came out of the answer's code twice


class Channel:
    """The jail's two pipes, moved away from standard input and output.

    The answer may print, read and close what it likes: its own three standard
    streams are `/dev/null`.
    """

    def __init__(self) -> None:
        self._reader, self._writer = posix.dup(0), posix.dup(1)
        null = posix.open("/dev/null", posix.O_RDWR)
        for stream in (0, 1, 2):
            posix.dup2(null, stream)
        posix.close(null)
        self._owner = posix.getpid()

    def receive(self) -> tuple[bytes, bytes]:
        """Return the operation and the content of the next frame."""
        frame = self._read(int.from_bytes(self._read(4), "big"))
        return frame[:1], frame[1:]

    def send(self, operation: bytes, content: bytes = b"") -> None:
        """Write one frame.

        A process that the answer forked and forgot ends here: there is one voice.
        """
        if posix.getpid() != self._owner:
            _exit(_FORGOTTEN)
        size = len(operation) + len(content)
        view = memoryview(size.to_bytes(4, "big") + operation + content)
        while view:
            view = view[posix.write(self._writer, view) :]

    def release_output(self) -> None:
        """Make the writing pipe the standard output, for a whole program's text."""
        posix.dup2(self._writer, 1)
        posix.close(self._writer)
        posix.close(self._reader)

    def _read(self, size: int) -> bytes:
        pieces = []
        while size:
            piece = posix.read(self._reader, min(size, 1 << 20))
            if not piece:
                _exit(_CLOSED)
            pieces.append(piece)
            size -= len(piece)
        return b"".join(pieces)
