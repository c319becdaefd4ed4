"""What the documentation names exists, and what exists is documented."""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING

import pytest

from apps.accounts.domain.tiers import BUILT_IN
from apps.accounts.gateways import stripe_objects
from apps.core.metrics import declared_metrics
from config.env import declared_variables
from tests.docs.reference import DOCS, own_commands, stale_pages

if TYPE_CHECKING:
    from pathlib import Path

ROOT = DOCS.parent
PAGES = sorted([*DOCS.rglob("*.md"), ROOT / "README.md", ROOT / "CHANGELOG.md"])
LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")
MANAGE = re.compile(r"manage\.py ([a-z][a-z_]*)(?: ([a-z][a-z_]+))?")
MAKE = re.compile(r"(?:`|^)make ([a-z]+)", re.MULTILINE)
HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)
# What is left at the objects of Stripe.
AT_STRIPE = {stripe_objects.TIER, stripe_objects.WORKSPACE} | {
    key for tier in BUILT_IN for key in (tier.monthly_lookup, tier.yearly_lookup)
}
DJANGO = {"check", "createsuperuser", "migrate", "makemigrations", "help"}

each_page = pytest.mark.parametrize(
    "page", PAGES, ids=[str(page.relative_to(ROOT)) for page in PAGES]
)


@cache
def text_of(page: Path) -> str:
    return page.read_text()


def anchors_of(page: Path) -> set[str]:
    plain = (re.sub(r"[^\w\- ]", "", title) for title in HEADING.findall(text_of(page)))
    return {title.strip().lower().replace(" ", "-") for title in plain}


def links_of(page: Path) -> list[str]:
    return [link for link in LINK.findall(text_of(page)) if "://" not in link]


def test_the_written_reference_says_what_the_code_says() -> None:
    assert [page.path for page in stale_pages()] == []


@each_page
def test_every_link_leads_somewhere(page: Path) -> None:
    for link in links_of(page):
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        assert target.exists(), link
        assert not anchor or anchor in anchors_of(target), link


@each_page
def test_every_command_that_is_named_exists(page: Path) -> None:
    known = {*own_commands(), *DJANGO}
    reference = text_of(DOCS / "reference" / "command-line.md")
    for command, subcommand in MANAGE.findall(text_of(page)):
        assert command in known
        if subcommand and command in {
            "benchmarks",
            "billing",
            "catalog",
            "markets",
            "predictions",
        }:
            assert f"manage.py {command} {subcommand}`" in reference


@each_page
def test_every_word_of_make_exists(page: Path) -> None:
    targets = re.findall(r"^([a-z]+):", text_of(ROOT / "Makefile"), re.MULTILINE)
    assert set(MAKE.findall(text_of(page))) <= set(targets)


@each_page
def test_every_variable_and_metric_that_is_named_exists(page: Path) -> None:
    text = text_of(page)
    variables = {variable.name for variable in declared_variables()}
    assert set(re.findall(r"\bASSAY_[A-Z_]+\b", text)) <= variables
    metrics = {metric.name for metric in declared_metrics()}
    assert set(re.findall(r"\bassay_(?!r[ow]_)[a-z_]+\b", text)) <= metrics | AT_STRIPE


def test_every_page_is_reached_from_the_index() -> None:
    index = DOCS / "index.md"
    linked = {(DOCS / link).resolve() for link in links_of(index)}
    assert {page for page in DOCS.rglob("*.md") if page != index} - linked == set()


def test_every_variable_says_what_it_is_for() -> None:
    assert [item.name for item in declared_variables() if not item.about] == []
