"""What is answered to a known address and to an unknown one takes as long.

No answer is sooner than a fixed time, and what is done within that time is counted and
not timed: on a busy machine times differ by themselves.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

from apps.accounts.models import OutgoingMail
from tests.people.acting import ADA, OTHER_WORDS, Visitor, make_person
from tests.people.counting import CountingHasher

if TYPE_CHECKING:
    from pytest_django.fixtures import Settings

pytestmark = pytest.mark.django_db
SECONDS = 0.3
NEW = "new@example.org"
each_form = pytest.mark.parametrize(
    ("address", "form", "hashings"),
    [
        ("/account/sign-up/", {"password1": OTHER_WORDS}, 1),
        ("/account/forgotten/", {}, 0),
    ],
)


@each_form
@pytest.mark.parametrize("email", [ADA, NEW])
def test_no_answer_is_sooner_than_a_fixed_time(
    settings: Settings, address: str, form: dict[str, str], hashings: int, email: str
) -> None:
    settings.EVEN_ANSWER_SECONDS = SECONDS
    make_person()
    began = time.monotonic()
    Visitor().client.post(address, form | {"email": email})
    assert time.monotonic() - began >= SECONDS


@each_form
@pytest.mark.parametrize("email", [ADA, NEW])
def test_the_work_of_an_answer_tells_no_address(
    settings: Settings, address: str, form: dict[str, str], hashings: int, email: str
) -> None:
    settings.PASSWORD_HASHERS = ["tests.people.counting.CountingHasher"]
    make_person()
    CountingHasher.count = 0
    Visitor().client.post(address, form | {"email": email})
    mails = OutgoingMail.objects.values_list("to", flat=True)
    assert (CountingHasher.count, list(mails)) == (hashings, [email])


def test_reading_the_page_of_the_code_takes_a_fifth_of_that(
    settings: Settings, visitor: Visitor
) -> None:
    visitor.sign_up()
    settings.EVEN_ANSWER_SECONDS = SECONDS
    began = time.monotonic()
    visitor.client.get("/account/code/")
    assert time.monotonic() - began >= SECONDS / 5
