from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

import pytest
from allauth.socialaccount.models import SocialAccount, SocialToken

from apps.accounts.models import AuditEvent, User, Workspace
from tests.fakes.oauth_server import URL, Providers, serve_providers
from tests.people.acting import (
    ADA,
    OTHER_WORDS,
    WORDS,
    Visitor,
    acts,
    last_code,
    mails_to,
    make_person,
)
from tests.people.providers import configured, decide, go_through, leave

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_django.fixtures import Settings

pytestmark = pytest.mark.django_db
CODE_PAGE = "/account/code/"


@pytest.fixture
def providers(settings: Settings) -> Iterator[Providers]:
    settings.SOCIALACCOUNT_PROVIDERS = configured()
    with serve_providers() as serving:
        yield serving


def test_github_makes_an_account_of_a_confirmed_address(
    providers: Providers, visitor: Visitor
) -> None:
    providers.add_github_email("old@example.org", primary=False)
    providers.add_github_email("ADA@example.org")
    providers.add_github_email("new@example.org", verified=False, primary=False)
    assert go_through(visitor, "github").headers["Location"] == "/"
    person = User.objects.get()
    assert (person.email, person.name) == (ADA, "Ada Lovelace")
    assert not person.has_usable_password()
    address = person.emailaddress_set.get()
    assert (address.email, address.verified, address.primary) == (ADA, True, True)
    assert Workspace.objects.get().personal_of == person
    assert acts() == ["person.signed_up", "person.signed_in"]
    assert AuditEvent.objects.latest("at").details == {"by": "github"}
    assert SocialToken.objects.count() == 0


def test_google_makes_an_account_and_knows_it_again(
    providers: Providers, visitor: Visitor
) -> None:
    providers.be_google(ADA)
    assert go_through(visitor, "google").headers["Location"] == "/"
    again = Visitor()
    assert go_through(again, "google").headers["Location"] == "/"
    assert again.is_signed_in()
    assert User.objects.get().name == "Ada Lovelace"


def test_an_unconfirmed_address_of_the_provider_takes_our_code(
    providers: Providers, visitor: Visitor
) -> None:
    providers.add_github_email(ADA, verified=False)
    assert go_through(visitor, "github").headers["Location"] == CODE_PAGE
    assert not visitor.is_signed_in()
    visitor.enter_code(last_code())
    assert visitor.is_signed_in()


@pytest.mark.parametrize("provider", ["github", "google"])
@pytest.mark.parametrize("verified", [True, False])
def test_no_word_of_a_provider_opens_an_account_that_is_there(
    providers: Providers, visitor: Visitor, provider: str, *, verified: bool
) -> None:
    make_person()
    providers.be_google(ADA, verified=verified)
    providers.add_github_email(ADA, verified=verified)
    assert go_through(visitor, provider).headers["Location"] == CODE_PAGE
    assert not visitor.is_signed_in()
    assert SocialAccount.objects.count() == 0
    assert "already has an account" in mails_to(ADA)[0].text
    visitor.enter_code("AAAA-AAAA")
    assert not visitor.is_signed_in()
    assert Visitor().sign_in(ADA, WORDS).status_code == 302


def test_a_person_without_an_address_at_the_provider_is_asked_for_one(
    providers: Providers, visitor: Visitor
) -> None:
    answer = go_through(visitor, "github")
    assert answer.headers["Location"] == "/account/connections/sign-up/"
    assert "GitHub did not tell us" in visitor.read("/account/connections/sign-up/")
    form = {"email": ADA}
    answer = visitor.client.post("/account/connections/sign-up/", form)
    assert answer.headers["Location"] == CODE_PAGE
    visitor.enter_code(last_code())
    assert visitor.is_signed_in()
    assert SocialAccount.objects.get().user.email == ADA


def test_an_account_connects_a_provider_and_signs_in_through_it(
    providers: Providers, visitor: Visitor
) -> None:
    make_person()
    visitor.sign_in()
    visitor.confirm()
    providers.add_github_email("elsewhere@example.org")
    answer = go_through(visitor, "github", query="?process=connect")
    assert answer.headers["Location"] == "/account/connections/"
    assert "The account is connected." in visitor.read("/account/connections/")
    assert acts()[-1] == "person.provider_connected"
    other = Visitor()
    go_through(other, "github")
    assert ADA in other.read("/account/")
    form = {"account": SocialAccount.objects.get().pk}
    visitor.client.post("/account/connections/", form)
    assert SocialAccount.objects.count() == 0
    assert acts()[-1] == "person.provider_disconnected"


def test_an_account_at_a_provider_belongs_to_one_person(
    providers: Providers, visitor: Visitor
) -> None:
    providers.be_google("first@example.org")
    go_through(Visitor(), "google")
    make_person()
    visitor.sign_in()
    visitor.confirm()
    go_through(visitor, "google", query="?process=connect")
    assert "already belongs to another" in visitor.read("/account/connections/")
    assert SocialAccount.objects.get().user.email == "first@example.org"


def test_who_has_only_a_provider_keeps_it_until_there_is_a_password(
    providers: Providers, visitor: Visitor
) -> None:
    providers.be_google(ADA)
    go_through(visitor, "google")
    form = {"account": SocialAccount.objects.get().pk}
    page = visitor.client.post("/account/connections/", form).content.decode()
    assert "Set a password first" in page
    visitor.client.post("/account/password/set/", {"password1": OTHER_WORDS})
    visitor.confirm(OTHER_WORDS)
    visitor.client.post("/account/connections/", form)
    assert SocialAccount.objects.count() == 0


def test_who_says_no_at_the_provider_is_told_that_nothing_was_done(
    providers: Providers, visitor: Visitor
) -> None:
    answer = go_through(visitor, "github", "deny")
    assert answer.headers["Location"] == "/account/connections/cancelled/"
    assert "Nothing was done" in visitor.read(answer.headers["Location"])
    assert User.objects.count() == 0


def test_a_consent_that_another_browser_began_is_refused(
    providers: Providers, visitor: Visitor
) -> None:
    providers.be_google(ADA)
    back = decide(leave(Visitor(), "google"))
    answer = visitor.client.get(back)
    assert answer.status_code == 401
    assert "did not work" in answer.content.decode()
    assert User.objects.count() == 0


def test_a_consent_is_used_once(providers: Providers, visitor: Visitor) -> None:
    providers.be_google(ADA)
    back = decide(leave(visitor, "google"))
    assert visitor.client.get(back).status_code == 302
    visitor.client.post("/sign-out/")
    assert visitor.client.get(back).status_code == 401
    assert not visitor.is_signed_in()


def test_a_provider_that_is_down_or_broken_ends_in_a_page_that_says_so(
    settings: Settings, visitor: Visitor
) -> None:
    settings.SOCIALACCOUNT_PROVIDERS = configured()
    for broken in (False, True):
        with serve_providers() as providers:
            providers.broken = broken
            back = decide(leave(visitor, "github"))
            answer = visitor.client.get(back) if broken else None
        answer = answer or visitor.client.get(back)
        assert answer.status_code == 401
        assert "The provider did not answer" in answer.content.decode()
    assert User.objects.count() == 0


@pytest.mark.parametrize("answer", [{}, {"id": None, "name": ["?"]}, []])
def test_a_provider_that_answers_nonsense_ends_in_that_page_too(
    providers: Providers, visitor: Visitor, answer: object
) -> None:
    providers.github_user = answer  # type: ignore[assignment]
    assert go_through(visitor, "github").status_code == 401
    assert User.objects.count() == 0


def test_signing_in_through_a_provider_keeps_to_this_site(
    providers: Providers, visitor: Visitor
) -> None:
    providers.be_google(ADA)
    query = "?process=login&next=https://evil.example/"
    assert go_through(visitor, "google", query=query).headers["Location"] == "/"
    other = Visitor()
    answer = go_through(other, "google", query="?process=login&next=/runs/")
    assert answer.headers["Location"] == "/runs/"


def test_a_link_alone_leaves_for_no_provider(
    providers: Providers, visitor: Visitor
) -> None:
    answer = visitor.client.get("/account/github/?process=login")
    assert answer.status_code == 200
    assert "On to GitHub" in answer.content.decode()


def test_what_goes_to_a_provider_is_bound_to_this_browser(
    providers: Providers, visitor: Visitor
) -> None:
    consent = leave(visitor, "github")
    assert consent.startswith(f"{URL}/login/oauth/authorize?")
    asked = parse_qs(urlsplit(consent).query)
    assert asked["code_challenge_method"] == ["S256"]
    assert asked["scope"] == ["user:email"]
    assert len(asked["state"][0]) >= 16
    policy = visitor.client.get("/sign-in/").headers["Content-Security-Policy"]
    assert f"form-action 'self' {URL}" in policy


def test_a_closed_installation_takes_nobody_through_a_provider(
    providers: Providers, visitor: Visitor, settings: Settings
) -> None:
    settings.SIGNUP_OPEN = False
    providers.be_google(ADA)
    assert "Sign-up is closed" in go_through(visitor, "google").content.decode()
    assert User.objects.count() == 0
