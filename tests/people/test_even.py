from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

from tests.people.acting import ADA, OTHER_WORDS, Visitor, make_person

if TYPE_CHECKING:
    from pytest_django.fixtures import Settings

pytestmark = pytest.mark.django_db
SECONDS = 0.6
ROUNDS = 5


def seconds_of(address: str, form: dict[str, str]) -> float:
    visitor = Visitor()
    began = time.monotonic()
    visitor.client.post(address, form)
    return time.monotonic() - began


@pytest.mark.parametrize(
    ("address", "form"),
    [
        ("/account/sign-up/", {"password1": OTHER_WORDS}),
        ("/account/forgotten/", {}),
    ],
)
def test_the_time_of_an_answer_tells_no_address(
    settings: Settings, address: str, form: dict[str, str]
) -> None:
    settings.EVEN_ANSWER_SECONDS = SECONDS
    settings.ACCOUNT_RATE_LIMITS = {"confirm_email": "99/m/key"}
    make_person()
    known = [seconds_of(address, form | {"email": ADA}) for _ in range(ROUNDS)]
    unknown = [
        seconds_of(address, form | {"email": f"new{n}@example.org"})
        for n in range(ROUNDS)
    ]
    # What is done for each takes less than that; the least of each has least noise.
    assert min(*known, *unknown) >= SECONDS
    assert min(unknown) == pytest.approx(min(known), abs=0.1)


def test_reading_the_page_of_the_code_takes_a_fifth_of_that(
    settings: Settings, visitor: Visitor
) -> None:
    visitor.sign_up()
    settings.EVEN_ANSWER_SECONDS = SECONDS
    began = time.monotonic()
    visitor.client.get("/account/code/")
    assert time.monotonic() - began >= SECONDS / 5
