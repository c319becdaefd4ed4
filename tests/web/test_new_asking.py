"""The page on which members have models asked: form, estimate, start."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from django.test import Client

from apps.accounts.models import KeptAnswer, TierOverride
from apps.core.ids import new_id
from apps.markets.domain.markets import MarketStatus
from apps.predictions.domain.asking import MOST_ACTIVE
from apps.predictions.models import AskItem, AskRun, Experiment
from tests.accounts.cast import Cast, make_cast
from tests.catalog.own import give_key, make_provider
from tests.on_demand.cast import HOOK, add_model, entitle
from tests.predictions.asking import open_market
from tests.web.market_cast import HOSTILE

if TYPE_CHECKING:
    from apps.markets.models import Market

pytestmark = pytest.mark.django_db
NEW = "/predictions/askings/new/"
Answer = Any  # what Django's test client returns


@pytest.fixture
def team() -> Cast:
    """A workspace that may, with a free model and one that costs, and no market."""
    cast = make_cast()
    entitle(cast.workspace.id)
    provider = make_provider()
    add_model(provider)
    add_model(provider, "dear", Decimal(10))
    add_model(make_provider("other"), "x")
    give_key(cast.workspace.id)
    return cast


def as_person(team: Cast, role: str = "member") -> Client:
    client = Client()
    client.force_login(team.everyone[role])
    return client


def form(team: Cast, **fields: Any) -> dict[str, Any]:
    known = {
        "workspace": str(team.workspace.id),
        "experiment": "trial",
        "models": ["acme/m"],
        "query": "",
        "venue": "",
        "limit": "20",
        "samples": "2",
        "price": "hidden",
        "outcome": "0",
        "prompt_version": "v1",
        "max_cost": "",
        "webhook_url": "",
        "step": "check",
    }
    return known | fields


def hidden(answer: Answer) -> dict[str, str]:
    """Return what an estimate's page sends along."""
    found = re.findall(r'name="(key|shown)" value="([^"]+)"', answer.content.decode())
    return dict(found) | {"step": "start"}


def confirm(client: Client, sent: dict[str, Any]) -> Answer:
    return client.post(NEW, sent | hidden(client.post(NEW, sent)))


def ids(*markets: Market) -> list[str]:
    return [str(one.pk) for one in markets]


def words(answer: Answer) -> str:
    html = answer.content.decode().split("<main")[1]
    return " ".join(re.sub(r"<[^>]+>", " ", html).split())


def test_a_member_sees_what_it_takes_and_starts_it(team: Cast) -> None:
    open_market("rain")
    snow = open_market("snow")
    client = as_person(team)
    sent = form(team, query="snow", webhook_url=HOOK)
    seen = client.post(NEW, sent)
    assert (seen.status_code, AskRun.objects.count()) == (200, 0)
    assert "Markets 1 Questions 2 Cost, about free Cost limit none" in words(seen)
    assert "acme/m trial-acme-m new" in words(seen)
    begun = client.post(NEW, sent | hidden(seen))
    run = AskRun.objects.get()
    assert begun.headers["Location"] == f"/predictions/askings/{run.pk}/"
    assert (run.workspace_id, run.trigger, run.samples) == (
        team.workspace.id,
        "page",
        2,
    )
    assert (run.created_by_id, run.webhook_url) == (team.teammate.id, HOOK)
    assert AskItem.objects.get().market_id == snow.pk
    assert "waits for a worker" in words(client.get(begun.headers["Location"]))


def test_every_field_reaches_the_asking(team: Cast) -> None:
    chosen = [open_market("rain"), open_market("snow")]
    sent = form(
        team,
        models=["acme/m", "acme/dear"],
        markets=ids(*chosen),
        price="shown",
        outcome="1",
        prompt_version="v2",
        max_cost="2.50",
    )
    confirm(as_person(team), sent)
    run = AskRun.objects.get()
    assert (run.shows_price, run.outcome, run.prompt_version) == (True, 1, "v2")
    assert (run.max_cost, run.samples) == (Decimal("2.50"), 2)
    asked = AskItem.objects.values_list("experiment__name", "market__external_id")
    models = ("trial-acme-m", "trial-acme-dear")
    assert set(asked) == {(name, one) for name in models for one in ("rain", "snow")}


def test_a_form_that_is_sent_twice_begins_one_asking(team: Cast) -> None:
    rain = open_market()
    client = as_person(team)
    sent = form(team, markets=ids(rain))
    sent |= hidden(client.post(NEW, sent))
    first, second = client.post(NEW, sent), client.post(NEW, sent)
    assert AskRun.objects.count() == KeptAnswer.objects.count() == 1
    assert first.headers["Location"] == second.headers["Location"]


def test_what_differs_from_its_estimate_is_estimated_anew(team: Cast) -> None:
    open_market("rain")
    client = as_person(team)
    sent = form(team)
    sent |= hidden(client.post(NEW, sent))
    open_market("snow")
    for changed in (sent, sent | {"samples": "3"}, sent | {"shown": "", "key": "x"}):
        answer = client.post(NEW, changed)
        assert answer.status_code == 200
        assert "What was shown is not what would be asked now" in words(answer)
        assert "Markets 2" in words(answer)
    assert not AskRun.objects.exists()


@pytest.mark.parametrize(
    ("fields", "where", "word"),
    [
        ({"experiment": "two words"}, "experiment", "Use letters, digits"),
        ({"experiment": ""}, "experiment", "required"),
        ({"models": []}, "models", "required"),
        ({"models": ["other/x"]}, "models", "not one of the available"),
        ({"models": ["acme/dear"]}, "max_cost", "Say how much may be spent on"),
        ({"max_cost": "much"}, "max_cost", "Enter a number"),
        ({"samples": "26"}, "samples", "less than or equal to 25"),
        ({"query": "sun"}, "query", "No open market with a usable price"),
        ({"venue": "nowhere"}, "venue", "not one of the available"),
        ({"markets": ["x"]}, "markets", "not one of the available"),
        ({"prompt_version": "v9"}, "prompt_version", "not one of the available"),
        ({"webhook_url": "https://127.0.0.1/"}, "webhook_url", "not a public address"),
    ],
)
def test_a_fault_is_said_beside_its_field_and_nothing_is_lost(
    team: Cast, fields: dict[str, Any], where: str, word: str
) -> None:
    open_market()
    sent = form(team, **{"samples": "3", "limit": "7", "price": "shown"} | fields)
    answer = as_person(team).post(NEW, sent)
    page = answer.content.decode()
    assert (answer.status_code, AskRun.objects.count()) == (422, 0)
    assert [word in one for one in answer.context["form"].errors[where]] == [True]
    assert list(answer.context["form"].errors) == [where]
    assert page.count('<p class="wrong">') == 1
    assert 'value="7"' in page
    assert '<option value="shown" selected>' in page


def test_an_experiment_that_was_asked_otherwise_is_refused_before(team: Cast) -> None:
    rain, client = open_market(), as_person(team)
    confirm(client, form(team, markets=ids(rain)))
    answer = client.post(NEW, form(team, markets=ids(rain), samples="5"))
    assert answer.status_code == 422
    assert "trial-acme-m&#x27; was asked otherwise until now (samples)" in (
        answer.content.decode()
    )
    again = client.post(NEW, form(team, markets=ids(rain)))
    assert f"/predictions/experiments/{Experiment.objects.get().pk}/" in (
        again.content.decode()
    )


def test_a_sixth_asking_waits_for_another(team: Cast) -> None:
    rain, client = open_market(), as_person(team)
    for _ in range(MOST_ACTIVE):
        confirm(client, form(team, markets=ids(rain)))
    answer = client.post(NEW, form(team, markets=ids(rain)))
    assert "5 askings of this workspace go on already" in words(answer)
    assert AskRun.objects.count() == MOST_ACTIVE


def test_markets_are_chosen_on_their_pages(team: Cast) -> None:
    rain, snow = open_market("rain"), open_market("snow", question=HOSTILE)
    over = open_market("over", status=MarketStatus.CLOSED.value)
    client = as_person(team)
    for address in (f"/markets/{rain.pk}/", "/markets/"):
        assert f'{rain.pk}"' in client.get(address).content.decode()
    assert f'value="{over.pk}"' not in client.get("/markets/").content.decode()
    assert "Ask models about" not in words(client.get(f"/markets/{over.pk}/"))
    assert "Ask models" not in Client().get("/markets/").content.decode()
    query = "&".join(
        f"markets={one}" for one in (*ids(rain, snow, over), "x", new_id())
    )
    page = client.get(f"{NEW}?{query}&experiment=mine").content.decode()
    ticked = re.findall(r'name="markets"\s+value="([^"]+)"\s+(checked)?', page)
    assert ticked == [
        (str(rain.pk), "checked"),
        (str(snow.pk), "checked"),
        (str(over.pk), ""),
    ]
    assert 'value="mine"' in page
    assert HOSTILE not in page


def test_words_can_take_the_place_of_chosen_markets(team: Cast) -> None:
    sent = form(team, markets=ids(open_market()), step="words", limit="7")
    answer = as_person(team).post(NEW, sent)
    page = answer.content.decode()
    assert (answer.status_code, 'name="query"' in page) == (200, True)
    assert ('name="markets"' in page, 'value="7"' in page) == (False, True)
    assert re.search(r'value="acme/m"[^>]* checked', page)


def test_the_estimate_says_where_the_limit_ends_it(team: Cast) -> None:
    open_market()
    sent = form(team, models=["acme/dear"], max_cost="0.000001")
    assert "The limit will probably end it" in words(as_person(team).post(NEW, sent))


def test_a_tier_without_it_names_the_way_out(team: Cast) -> None:
    TierOverride.objects.all().delete()
    open_market()
    client = as_person(team)
    page = client.get(f"{NEW}?workspace={team.workspace.id}")
    assert "tier of Bridge builders does not include asking models" in words(page)
    assert 'href="/pricing/"' in page.content.decode()
    assert client.post(NEW, form(team)).status_code == 403
    assert not AskRun.objects.exists()


def test_a_workspace_without_a_model_is_sent_for_a_key(team: Cast) -> None:
    entitle(team.stranger.personal_workspace.id)
    page = as_person(team, "stranger").get(NEW).content.decode()
    place = f"/workspaces/{team.stranger.personal_workspace.id}/credentials/"
    assert "No model can be asked" in page
    assert f'href="{place}"' in page


def test_others_begin_nothing(team: Cast) -> None:
    open_market()
    for role, status in (("viewer", 403), ("stranger", 404)):
        client = as_person(team, role)
        assert client.post(NEW, form(team)).status_code == status
        assert client.get(f"{NEW}?workspace={team.workspace.id}").status_code == status
    assert as_person(team).get(f"{NEW}?workspace=x").status_code == 404
    assert as_person(team).delete(NEW).status_code == 405
    for answer in (Client().get(NEW), Client().post(NEW, form(team))):
        assert answer.headers["Location"].startswith("/sign-in/")
    assert not AskRun.objects.exists()


def test_the_page_is_found_where_one_looks_for_it(team: Cast) -> None:
    client = as_person(team)
    for address in ("/predictions/askings/", "/predictions/", "/markets/"):
        assert f'href="{NEW}"' in client.get(address).content.decode(), address
        assert NEW not in Client().get(address).content.decode(), address
    assert 'href="/runs/new/"' in client.get("/about/").content.decode()
