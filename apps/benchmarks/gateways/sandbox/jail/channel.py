"""The frames between a jail and the trusted process: four bytes of size, then these."""

from __future__ import annotations

import os

_CLOSED = 96  # the exit status of a jail whose other side has gone


class Channel:
    """The jail's two pipes, moved away from standard input and output.

    The answer may print, read and close what it likes: its own three standard
    streams are `/dev/null`.
    """

    def __init__(self) -> None:
        self._reader, self._writer = os.dup(0), os.dup(1)
        null = os.open("/dev/null", os.O_RDWR)
        for stream in (0, 1, 2):
            os.dup2(null, stream)
        os.close(null)

    def receive(self) -> tuple[bytes, bytes]:
        """Return the operation and the content of the next frame."""
        frame = self._read(int.from_bytes(self._read(4), "big"))
        return frame[:1], frame[1:]

    def send(self, operation: bytes, content: bytes = b"") -> None:
        """Write one frame."""
        size = len(operation) + len(content)
        view = memoryview(size.to_bytes(4, "big") + operation + content)
        while view:
            view = view[os.write(self._writer, view) :]

    def release_output(self) -> None:
        """Make the writing pipe the standard output, for a whole program's text."""
        os.dup2(self._writer, 1)
        os.close(self._writer)
        os.close(self._reader)

    def _read(self, size: int) -> bytes:
        pieces = []
        while size:
            piece = os.read(self._reader, min(size, 1 << 20))
            if not piece:
                os._exit(_CLOSED)
            pieces.append(piece)
            size -= len(piece)
        return b"".join(pieces)
