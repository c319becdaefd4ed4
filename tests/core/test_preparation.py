from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest

REPOSITORY = Path(__file__).parents[2]


def run_command(var: Path, *words: str, **variables: str) -> tuple[int, str, str]:
    kept = {
        name: value
        for name, value in os.environ.items()
        if name not in {"DATABASE_URL", "REDIS_URL"}
    }
    done = subprocess.run(
        [sys.executable, "manage.py", *words],
        cwd=REPOSITORY,
        env={**kept, "ASSAY_VAR": str(var), **variables},
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout, done.stderr


@pytest.mark.timeout(180)
def test_the_first_command_ever_finds_a_database_that_is_ready(tmp_path: Path) -> None:
    var = tmp_path / "var"
    status, out, err = run_command(var, "catalog", "list", "--json")
    assert (status, "Migrate the database" in err) == (0, True)
    names = {model["full_name"] for model in json.loads(out)["models"]}
    assert "embedded/smollm2-135m" in names
    status, _, err = run_command(var, "catalog", "list", "--json")
    assert (status, err) == (0, "")


def test_a_database_of_the_users_own_is_never_migrated_unasked(tmp_path: Path) -> None:
    address = os.environ["DATABASE_URL"]
    name = f"empty_{uuid4().hex[:8]}"
    with psycopg.connect(
        address.replace("/assay?", "/postgres?"), autocommit=True
    ) as raw:
        raw.execute(f'CREATE DATABASE "{name}"')
    other = address.replace("/assay?", f"/{name}?")
    redis = os.environ["REDIS_URL"]
    status, out, err = run_command(
        tmp_path, "catalog", "list", DATABASE_URL=other, REDIS_URL=redis
    )
    assert (status, out, err.count("\n")) == (2, "", 1)
    assert "manage.py migrate" in err
