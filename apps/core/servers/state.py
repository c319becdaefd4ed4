"""What a keeper says about its server to the commands that lease it."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True)
class State:
    """An address, or why there is none."""

    keeper: int
    url: str = ""
    pid: int = 0
    # How often this keeper has started the server.
    starts: int = 0
    error: str = ""

    @classmethod
    def read(cls, path: Path) -> State | None:
        """Return what the keeper last said, or None."""
        try:
            return cls(**json.loads(path.read_text()))
        except FileNotFoundError:
            return None

    def write(self, path: Path) -> None:
        """Say it in one step: a reader sees the old or the new."""
        aside = path.with_suffix(".new")
        aside.write_text(json.dumps(asdict(self)))
        aside.replace(path)
