"""Where one installation keeps its data, sockets, locks and logs."""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path

from apps.core.servers.postgres import Postgres
from apps.core.servers.valkey import Valkey

REPOSITORY = Path(__file__).resolve().parents[3]
DATABASE = "assay"
# sun_path holds 108 bytes with its NUL on Linux, 104 on macOS and the BSDs.
LONGEST_SOCKET_PATH = 103
LONGEST_SOCKET_NAME = ".s.PGSQL.5432"


@dataclass(frozen=True)
class Layout:
    """The folders below one `var` directory."""

    var: Path

    @classmethod
    def from_environment(cls) -> Layout:
        """Return the layout that the settings will see: `ASSAY_VAR`, or `./var`."""
        chosen = os.environ.get("ASSAY_VAR")
        return cls(Path(chosen or REPOSITORY / "var").expanduser().resolve())

    @property
    def locks(self) -> Path:
        """The folder of lock files and of what their holders say about themselves."""
        return self.var / "lock"

    @property
    def logs(self) -> Path:
        """The folder of logs, one file a process."""
        return self.var / "log"

    @property
    def sockets(self) -> Path:
        """The folder of sockets: a short one elsewhere where `var` lies too deep."""
        usual = self.var / "run"
        if len(os.fsencode(usual / LONGEST_SOCKET_NAME)) <= LONGEST_SOCKET_PATH:
            return usual
        digest = hashlib.sha256(os.fsencode(self.var)).hexdigest()[:12]
        # Not by TMPDIR: every process of the installation must find the same folder.
        return Path(f"/tmp/assay-{os.geteuid()}-{digest}")  # noqa: S108

    def make(self) -> None:
        """Create the folders that belong to the caller."""
        for folder in (self.var, self.locks, self.logs):
            folder.mkdir(parents=True, exist_ok=True)

    def postgres(self) -> Postgres:
        """Return the installation's PostgreSQL."""
        log = self.logs / "postgres.log"
        return Postgres(self.var / "postgres", self.sockets, log, DATABASE)

    def valkey(self) -> Valkey:
        """Return the installation's Valkey."""
        return Valkey(self.var / "valkey", self.sockets, self.logs / "valkey.log")
