"""One jail seen from outside: its pipes, its clock and its end."""

from __future__ import annotations

import contextlib
import os
import select
import signal
import subprocess
import time
from typing import TYPE_CHECKING, Final, Self

from apps.benchmarks.domain.values import MAX_BYTES
from apps.benchmarks.gateways.sandbox.base import (
    JailEndedError,
    Limits,
    SandboxStartError,
)
from apps.benchmarks.gateways.sandbox.watch import Watch

if TYPE_CHECKING:
    from collections.abc import Callable

START_SECONDS: Final = 15.0  # generous: a loaded machine is no answer's fault
_TICK_SECONDS: Final = 0.05
_END_SECONDS: Final = 2.0
_CHUNK: Final = 1 << 16
_HEAD: Final = 4  # bytes of a frame's size
_MOST_EXCUSED: Final = 3  # times the processor time that the jail may use
_BY_SIGNAL: Final = 128  # what bubblewrap adds to the number of a fatal signal
_FRAME_LIMIT: Final = MAX_BYTES + 4096


class Jail:
    """A started jail: frames go in and out under time limits of the caller's.

    Used by one thread. Every way in which the jail can misbehave ends in
    `JailEndedError`; `close` leaves no process behind.
    """

    def __init__(
        self,
        process: subprocess.Popen[bytes],
        limits: Limits,
        *,
        own_processes: bool,
        boot: bytes,
        folder: str = "",
        clean: Callable[[], None] = lambda: None,
    ) -> None:
        """Take over a process and send it its boot code.

        `own_processes` says that it heads a jail's own tree, `folder` where the jail
        may write, `clean` what is to be done after its end.
        """
        self._process = process
        self._limits = limits
        self._watch = Watch(process.pid, limits, folder)
        self._own_processes = own_processes
        self._clean = clean
        self._incoming = bytearray()
        self._outgoing = bytearray()
        self._open = True
        assert process.stdin  # noqa: S101 - made with pipes
        assert process.stdout  # noqa: S101
        self._in, self._out = process.stdin.fileno(), process.stdout.fileno()
        os.set_blocking(self._in, False)
        os.set_blocking(self._out, False)
        self._looked = time.monotonic()
        self._greeted = False
        self.excused = 0.0  # seconds that do not count, for the machine was busy
        self._queue(boot)

    def greet(self) -> None:
        """Wait until the jail has said hello from within its bounds; once is enough.

        Raises:
            SandboxStartError: it did not come up.
        """
        if self._greeted:
            return
        self._greeted = True
        try:
            hello = self.receive(START_SECONDS)
        except JailEndedError as error:
            text = self._complaint()
            self.close()
            raise SandboxStartError(
                f"the jail did not start: {text or error}"
            ) from None
        if hello != b"H":
            self.close()
            raise SandboxStartError("the jail did not say hello")

    def send(self, operation: bytes, content: bytes) -> None:
        """Queue a frame; what the pipe does not take is written while waiting."""
        self._queue(operation + content)

    def receive(self, seconds: float) -> bytes:
        """Return the next frame, counting the time from the jail's hello.

        Raises:
            JailEndedError: the time, or another bound, or the jail ran out.
            SandboxStartError: it never came up.
        """
        self.greet()
        deadline = time.monotonic() + seconds - self.excused
        while (frame := self._take_frame()) is None:
            if not self._pump(deadline):
                raise JailEndedError(self._how_it_ended())
        return frame

    def drain(self, seconds: float) -> tuple[bytes, int]:
        """Return everything the jail writes until it ends, and its exit status.

        Raises:
            JailEndedError: the time or another bound ran out.
            SandboxStartError: it never came up.
        """
        self.greet()
        deadline = time.monotonic() + seconds - self.excused
        while self._pump(deadline):
            if len(self._incoming) > self._limits.output_bytes:
                raise JailEndedError("it printed more than the output limit")
        return bytes(self._incoming), self._exit_status(deadline)

    def close(self) -> None:
        """Kill whatever is left and free everything; safe to call twice."""
        if not self._open:
            return
        self._open = False
        self._kill()
        for pipe in (self._process.stdin, self._process.stdout, self._process.stderr):
            if pipe is not None:
                with contextlib.suppress(OSError):
                    pipe.close()
        self._clean()

    def __enter__(self) -> Self:
        """Return the jail itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close the jail."""
        self.close()

    def _queue(self, frame: bytes) -> None:
        self._outgoing += len(frame).to_bytes(_HEAD, "big") + frame
        self._write()

    def _take_frame(self) -> bytes | None:
        if len(self._incoming) < _HEAD:
            return None
        size = int.from_bytes(self._incoming[:_HEAD], "big")
        if size > _FRAME_LIMIT:
            raise JailEndedError("it sent more than the frame limit")
        if len(self._incoming) < _HEAD + size:
            return None
        frame = bytes(self._incoming[_HEAD : _HEAD + size])
        del self._incoming[: _HEAD + size]
        return frame

    def _pump(self, deadline: float) -> bool:
        """Move bytes once; return False when the jail has closed its end."""
        now = time.monotonic()
        if now >= deadline + self.excused:
            self._excuse()
        if now - self._looked >= _TICK_SECONDS:
            self._looked = now
            self._watch.look()
        poller = select.poll()
        poller.register(self._out, select.POLLIN)
        if self._outgoing:
            poller.register(self._in, select.POLLOUT)
        wait = min(_TICK_SECONDS, deadline + self.excused - now)
        for descriptor, _ in poller.poll(max(1, wait * 1000)):
            if descriptor == self._in:
                self._write()
            elif not self._read():
                return False
        return True

    def _excuse(self) -> None:
        """Add the time in which a busy machine kept the jail from running.

        Raises:
            JailEndedError: there is no more of it, or no end to it.
        """
        most = _MOST_EXCUSED * self._limits.cpu_seconds
        delay = min(self._watch.delay(), most)
        if delay - self.excused < _TICK_SECONDS:
            raise JailEndedError("it ran out of time")
        self.excused = delay

    def _read(self) -> bool:
        try:
            piece = os.read(self._out, _CHUNK)
        except BlockingIOError:
            return True
        self._incoming += piece
        return bool(piece)

    def _write(self) -> None:
        try:
            written = os.write(self._in, self._outgoing[:_CHUNK])
        except BlockingIOError:
            return
        except BrokenPipeError:  # the reading side will say how it ended
            written = len(self._outgoing)
        del self._outgoing[:written]

    def _exit_status(self, deadline: float) -> int:
        """Wait for the end of a jail that has closed its output."""
        left = max(_TICK_SECONDS, deadline - time.monotonic())
        try:
            status = self._process.wait(left)
        except subprocess.TimeoutExpired:
            raise JailEndedError("it ran out of time") from None
        return _BY_SIGNAL - status if status < 0 else status

    def _how_it_ended(self) -> str:
        try:
            status = self._exit_status(time.monotonic() + _END_SECONDS)
        except JailEndedError:
            return "it closed its channel"
        if status > _BY_SIGNAL:
            with contextlib.suppress(ValueError):
                name = signal.Signals(status - _BY_SIGNAL).name
                killed = name in {"SIGKILL", "SIGXCPU"} and self._watch.cpu_is_spent()
                return "it ran out of processor time" if killed else f"it died: {name}"
        return f"it ended itself with status {status}"

    def _complaint(self) -> str:
        """Return the last line on the standard error of a jail that did not start."""
        self._kill()
        if self._process.stderr is None:
            return ""
        lines = self._process.stderr.read(4096).decode("utf-8", "replace").split("\n")
        return next((line.strip() for line in reversed(lines) if line.strip()), "")

    def _kill(self) -> None:
        """End every process of the jail and collect the one that we started.

        Where the process heads the jail's own tree, its child, the first process of
        a PID namespace, is killed: the kernel ends all others before the head can
        collect it, so that its exit proves that nothing is left. Killing the head
        instead would leave its child for someone else to collect.
        """
        if self._process.poll() is not None:
            return
        children = self._watch.children() if self._own_processes else []
        for pid in children or [self._process.pid]:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(pid, signal.SIGKILL)
        try:
            self._process.wait(_END_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
