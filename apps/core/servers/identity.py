"""Who the embedded servers run as: the caller, or nobody in particular for root."""

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


def server_identity(data: Path, *reached: Path) -> Identity | None:
    """Choose who runs the server that owns `data`; None means the caller.

    PostgreSQL refuses root. Data that an ordinary user made keeps its owner. Where a
    directory on the way is closed to others (a checkout under root's home), the server
    keeps one capability to search it instead of having the directory opened.

    Raises:
        UnavailableError: the data is another user's, or no user but root can reach it.
    """
    owner = data.stat() if data.exists() else None
    if os.geteuid() != 0:
        if owner and owner.st_uid != os.geteuid():
            raise UnavailableError(_belongs_to(data, owner.st_uid))
        return None
    chosen = (SERVICE_UID, SERVICE_UID)
    if owner and owner.st_uid != 0:
        chosen = (owner.st_uid, owner.st_gid)
    return Identity(*chosen, _capability_for((data, *reached)))


def named_identity(wanted: Identity) -> Identity:
    """Return a user with an account, which `initdb` asks for, able to reach the same.

    Raises:
        UnavailableError: the machine has no account but root.
    """
    accounts = [entry for entry in pwd.getpwall() if entry.pw_uid != 0]
    if not accounts:
        raise UnavailableError("initdb needs an account besides root in /etc/passwd.")
    if any(entry.pw_uid == wanted.uid for entry in accounts):
        return wanted
    named = {entry.pw_name: entry for entry in accounts}
    chosen = named.get("nobody", accounts[0])
    return Identity(chosen.pw_uid, chosen.pw_gid, wanted.capability)


def give(path: Path, identity: Identity | None) -> None:
    """Make a directory that `identity` (None: the caller) alone can enter.

    Raises:
        UnavailableError: it is there and belongs to somebody else.
    """
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    # Of the link, if it is one: in a shared /tmp someone else may have put it there.
    owner = path.lstat().st_uid
    wanted = identity.uid if identity else os.geteuid()
    if owner not in {wanted, os.geteuid()}:
        raise UnavailableError(_belongs_to(path, owner))
    if identity and path.stat().st_uid != wanted:
        give_all(path, identity)


def give_all(path: Path, identity: Identity) -> None:
    """Change the owner of a directory and of everything in it."""
    os.chown(path, identity.uid, identity.gid)
    for folder, folders, files in os.walk(path):
        for name in (*folders, *files):
            os.lchown(Path(folder) / name, identity.uid, identity.gid)


def _belongs_to(path: Path, owner: int) -> str:
    return (
        f"{path} belongs to the user with uid {owner}: run as that user (or as root), "
        "give the folder to yourself, or point ASSAY_VAR elsewhere."
    )


def _capability_for(paths: tuple[Path, ...]) -> int | None:
    if all(_open_to_others(path) for path in paths):
        return None
    held = _held_capabilities()
    for capability in (CAP_DAC_READ_SEARCH, CAP_DAC_OVERRIDE):
        if held >> capability & 1:
            return capability
    raise UnavailableError(
        f"PostgreSQL refuses to run as root, and no other user can reach {paths[0]}: "
        "run as an ordinary user, move the checkout, or set DATABASE_URL and REDIS_URL."
    )


def _open_to_others(path: Path) -> bool:
    steps = [parent for parent in path.resolve().parents if parent.exists()]
    return all(step.stat().st_mode & stat.S_IXOTH for step in steps)


def _held_capabilities() -> int:
    status = Path("/proc/self/status")
    if not status.exists():
        return 0
    fields = dict(line.split(":", 1) for line in status.read_text().splitlines())
    return int(fields["CapPrm"].strip(), 16) & int(fields["CapBnd"].strip(), 16)
