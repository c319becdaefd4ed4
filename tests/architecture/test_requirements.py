"""The compiled requirements hold what was asked for, and only from the public index."""

from __future__ import annotations

import re

import pytest

from tests.architecture.sources import ROOT

FOLDER = ROOT / "requirements"
SETS = sorted(path.stem for path in FOLDER.glob("*.in"))
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
PIN = re.compile(r"^([A-Za-z0-9][A-Za-z0-9._-]*)==(\S+)", re.MULTILINE)


def normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def asked_for(name: str) -> set[str]:
    found: set[str] = set()
    for line in (FOLDER / f"{name}.in").read_text().splitlines():
        text = line.split("#")[0].strip()
        if text.startswith("-r "):
            found |= asked_for(text.removeprefix("-r ").removesuffix(".in"))
        elif match := NAME.match(text):
            found.add(normal(match.group()))
    return found


def pinned(name: str) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for package, version in PIN.findall((FOLDER / f"{name}.txt").read_text()):
        found.setdefault(normal(package), set()).add(version)
    return found


@pytest.mark.parametrize("name", SETS)
def test_everything_asked_for_is_pinned(name: str) -> None:
    assert asked_for(name) - set(pinned(name)) == set()


@pytest.mark.parametrize("name", SETS)
def test_every_pin_has_a_hash_and_no_index_is_named(name: str) -> None:
    text = (FOLDER / f"{name}.txt").read_text()
    blocks = re.split(r"\n(?=[A-Za-z0-9])", text)
    without = [block for block in blocks if PIN.match(block) and "--hash=" not in block]
    assert without == []
    assert "index-url" not in text
    assert "://" not in text


@pytest.mark.parametrize("name", sorted(set(SETS) & {"embedded", "dev"}))
def test_what_a_set_adds_to_another_leaves_its_pins(name: str) -> None:
    base, wider = pinned("base"), pinned(name)
    assert {package: wider.get(package) for package in base} == base
