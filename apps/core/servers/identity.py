"""Who the embedded servers run as: the caller, or nobody's uid where root calls."""

from __future__ import annotations

import os
import pwd
import stat
from dataclasses import dataclass
from pathlib import Path

from apps.core.errors import UnavailableError

# No account has it, so nothing else on the machine shares it (the sandbox has 65533).
SERVICE_UID = 65532
CAP_DAC_OVERRIDE = 1
CAP_DAC_READ_SEARCH = 2


@dataclass(frozen=True)
class Identity:
    """A user that root becomes for one program."""

    uid: int
    gid: int
    # Kept to pass closed directories on the way to files of its own.
    capability: int | None = None


def server_identity(*paths: Path) -> Identity | None:
    """Choose who runs a server that needs `paths`; None means the caller.

    PostgreSQL refuses root. Where a directory on the way is closed to others (a
    checkout under root's home), the server keeps one capability to search it instead of
    having the directory opened to everyone.

    Raises:
        UnavailableError: nothing lets another user reach the paths.
    """
    if os.geteuid() != 0:
        return None
    if all(_open_to_others(path) for path in paths):
        return Identity(SERVICE_UID, SERVICE_UID)
    held = _held_capabilities()
    for capability in (CAP_DAC_READ_SEARCH, CAP_DAC_OVERRIDE):
        if held >> capability & 1:
            return Identity(SERVICE_UID, SERVICE_UID, capability)
    raise UnavailableError(
        f"PostgreSQL refuses to run as root, and no other user can reach {paths[0]}: "
        "run as an ordinary user, move the checkout, or set DATABASE_URL and REDIS_URL."
    )


def named_identity(like: Identity) -> Identity:
    """Return a user with an account, which `initdb` wants, able to reach the same.

    Raises:
        UnavailableError: the machine has no account but root.
    """
    accounts = {entry.pw_name: entry for entry in pwd.getpwall() if entry.pw_uid != 0}
    if not accounts:
        raise UnavailableError("initdb needs an account besides root in /etc/passwd.")
    chosen = accounts.get("nobody") or next(iter(accounts.values()))
    return Identity(chosen.pw_uid, chosen.pw_gid, like.capability)


def give(path: Path, identity: Identity | None, *, mode: int = 0o700) -> Path:
    """Make a directory that belongs to `identity` alone, and return it."""
    path.mkdir(mode=mode, parents=True, exist_ok=True)
    if identity and path.stat().st_uid != identity.uid:
        give_all(path, identity)
    return path


def give_all(path: Path, identity: Identity) -> None:
    """Change the owner of a directory and of everything in it."""
    os.chown(path, identity.uid, identity.gid)
    for folder, folders, files in os.walk(path):
        for name in (*folders, *files):
            os.lchown(Path(folder) / name, identity.uid, identity.gid)


def _open_to_others(path: Path) -> bool:
    steps = [parent for parent in path.resolve().parents if parent.exists()]
    return all(step.stat().st_mode & stat.S_IXOTH for step in steps)


def _held_capabilities() -> int:
    status = Path("/proc/self/status")
    if not status.exists():
        return 0
    fields = dict(line.split(":", 1) for line in status.read_text().splitlines())
    return int(fields["CapPrm"].strip(), 16) & int(fields["CapBnd"].strip(), 16)
