"""The pages of askings: a workspace's own, with what failed, cancelled and resumed."""

from __future__ import annotations

import csv
import re
from typing import TYPE_CHECKING

import pytest
from django.test import Client

from apps.catalog.models import Model
from apps.core.ids import new_id
from apps.predictions.models import AskItem, AskRun
from tests.accounts.cast import Cast, make_cast
from tests.catalog.own import give_key, make_provider
from tests.on_demand.cast import entitle
from tests.web.asking_cast import STATES, make_asking
from tests.web.cast import make_person
from tests.web.market_cast import HOSTILE
from tests.web.test_pages import KB

if TYPE_CHECKING:
    from pytest_django import DjangoAssertNumQueries

pytestmark = pytest.mark.django_db
LIST = "/predictions/askings/"


@pytest.fixture
def people() -> Cast:
    return make_cast()


def as_person(people: Cast, role: str) -> Client:
    client = Client()
    client.force_login(people.everyone[role])
    return client


def place(run: AskRun) -> str:
    return f"{LIST}{run.pk}/"


def read(client: Client, address: str) -> str:
    answer = client.get(address)
    assert answer.status_code == 200, address
    return answer.content.decode()


def words(html: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", html.split("<main")[1]).split())


def table(client: Client, address: str) -> list[dict[str, str]]:
    return list(csv.DictReader(read(client, address).splitlines()))


def test_a_member_sees_the_askings_of_the_workspace_by_state(people: Cast) -> None:
    for state in STATES:
        make_asking(people.workspace, state, name=f"t-{state}", reason=f"why {state}")
    member = as_person(people, "viewer")
    html = read(member, LIST)
    assert html.count('<th scope="row"') == 6
    assert "4 of 5" in html
    assert "why stopped" in html
    narrowed = read(member, f"{LIST}?status=failed")
    assert narrowed.count('<th scope="row"') == 1
    assert 'href="/predictions/askings.csv?status=failed"' in narrowed
    (row,) = table(member, "/predictions/askings.csv?status=failed")
    assert (row["experiment"], row["recorded"], row["cost"]) == (
        *("t-failed", "1"),
        "0.0042",
    )
    body = member.get("/predictions/askings.json?status=failed").json()
    assert [one["name"] for one in body["items"]] == ["t-failed"]


def test_where_there_is_none_it_says_what_to_do(people: Cast) -> None:
    html = read(as_person(people, "owner"), LIST)
    assert "No asking" in html
    assert "POST /api/v1/predictions/run" in html


def test_older_askings_are_a_page_further(people: Cast) -> None:
    for _ in range(21):
        AskRun.objects.create(
            workspace=people.workspace,
            name="many",
            trigger="api",
            prompt_version="v2",
            seed=1,
        )
    owner = as_person(people, "owner")
    html = read(owner, LIST)
    assert html.count('<th scope="row"') == 20
    (further,) = re.findall(r'href="(\?cursor=[^"]+)"', html)
    assert read(owner, LIST + further).count('<th scope="row"') == 1


def test_an_asking_shows_what_became_of_each_market_and_why(people: Cast) -> None:
    run = make_asking(people.workspace, models=2)
    html = read(as_person(people, "viewer"), place(run))
    told = words(html)
    assert "Done 8 of 10 Predicted 2 Unanswered 2 Refused 2 Failed 2" in told
    assert "HTTP 401 from the provider" in told
    assert "1 unreadable, 1 failed" in told
    assert "Cost limit $2.50" in told
    assert "looks again every five seconds" in told
    assert HOSTILE not in html
    failed = words(read(as_person(people, "viewer"), f"{place(run)}?status=failed"))
    assert failed.count("HTTP 401 from the provider") == 2
    assert "the market is closed" not in failed


def test_an_asking_has_twins_market_by_market(people: Cast) -> None:
    run, member = make_asking(people.workspace), as_person(people, "viewer")
    address = place(run).rstrip("/")
    rows = table(member, f"{address}.csv")
    assert [row["status"] for row in rows] == [
        *("recorded", "unanswered", "refused", "failed", "pending")
    ]
    item = AskItem.objects.get(status="recorded")
    assert rows[0]["prediction_id"] == str(item.prediction_id)
    assert (rows[0]["attempts"], rows[0]["cost"]) == ("1", "0.0021")
    body = member.get(f"{address}.json?status=failed").json()
    assert [one["reason"] for one in body["markets"]["items"]] == [
        "HTTP 401 from the provider"
    ]
    assert (body["asking"]["status"], body["cost"]) == ("running", "0.0042")


def test_many_markets_come_in_pages(people: Cast) -> None:
    run, member = make_asking(people.workspace), as_person(people, "viewer")
    address = place(run).rstrip("/")
    answer = member.get(f"{address}.csv?limit=3")
    after = answer.headers["Link"].split(">")[0].lstrip("<")
    first = list(csv.DictReader(answer.content.decode().splitlines()))
    rest = table(member, f"{address}.csv{after}")
    assert [row["status"] for row in first + rest] == [
        *("recorded", "unanswered", "refused", "failed", "pending")
    ]
    assert "Back to the first page" in read(member, f"{place(run)}{after}")


def test_only_the_part_that_moves_is_sent_again(people: Cast) -> None:
    run, member = make_asking(people.workspace), as_person(people, "member")
    part = member.get(place(run), headers={"HX-Target": "asking"})
    html = part.content.decode()
    assert html.lstrip().startswith('<div id="asking"')
    assert 'hx-trigger="every 5s"' in html
    assert "HX-Target" in part.headers["Vary"]
    AskRun.objects.update(status="completed")
    ended = member.get(place(run), headers={"HX-Target": "asking"})
    assert "hx-get" not in ended.content.decode()


def test_a_member_cancels_and_resumes_with_another_limit(people: Cast) -> None:
    entitle(people.workspace.id)
    run, member = make_asking(people.workspace), as_person(people, "member")
    html = read(member, place(run))
    assert f'action="{place(run)}cancel/"' in html
    answer = member.post(f"{place(run)}cancel/", follow=True)
    assert "what is answered is kept" in answer.content.decode()
    run.refresh_from_db()
    assert (run.status, run.reason) == ("cancelled", "Cancelled from the page.")
    assert "Resume: 1 left" in answer.content.decode()
    bad = member.post(f"{place(run)}resume/", {"max_cost": "much"}, follow=True)
    assert "write US dollars such as 0.50" in bad.content.decode()
    Model.objects.update(provider=make_provider())
    give_key(people.workspace.id)
    member.post(f"{place(run)}resume/", {"max_cost": "5"})
    run.refresh_from_db()
    assert (run.status, str(run.max_cost)) == ("queued", "5.000000")


def test_what_cannot_be_done_is_said_in_one_line(people: Cast) -> None:
    run, member = make_asking(people.workspace, "completed"), as_person(people, "admin")
    answer = member.post(f"{place(run)}cancel/", follow=True).content.decode()
    assert "is completed already: there is nothing to cancel" in answer
    answer = member.post(f"{place(run)}resume/", follow=True).content.decode()
    assert "runs on demand" in answer
    run.refresh_from_db()
    assert run.status == "completed"


@pytest.mark.parametrize("what", ["cancel", "resume"])
@pytest.mark.parametrize(("role", "status"), [("viewer", 403), ("stranger", 404)])
def test_others_steer_nothing(people: Cast, what: str, role: str, status: int) -> None:
    run = make_asking(people.workspace, "running" if what == "cancel" else "stopped")
    before = AskRun.objects.values().get()
    client = as_person(people, role)
    assert client.post(f"{place(run)}{what}/").status_code == status
    assert Client().post(f"{place(run)}{what}/").status_code == 302
    assert client.get(f"{place(run)}{what}/").status_code == 405
    assert AskRun.objects.values().get() == before
    if role == "viewer":
        assert f"{what}/" not in read(client, place(run))


def test_an_asking_does_not_exist_for_others(people: Cast) -> None:
    run, stranger = make_asking(people.workspace), as_person(people, "stranger")
    address = place(run).rstrip("/")
    for door in (place(run), f"{address}.json", f"{address}.csv"):
        assert stranger.get(door).status_code == 404
        assert Client().get(door).status_code == 302
    assert stranger.get(f"{LIST}{new_id()}/").status_code == 404
    assert "No asking" in read(stranger, LIST)
    assert table(stranger, "/predictions/askings.csv") == []
    assert Client().get(LIST).headers["Location"].startswith("/sign-in/")


@pytest.mark.parametrize(
    "query", ["status=odd", "cursor=x", "limit=0", "limit=501", "experiment=x"]
)
def test_a_bad_query_is_refused_on_the_list(people: Cast, query: str) -> None:
    owner = as_person(people, "owner")
    assert owner.get(f"{LIST}?{query}").status_code == 422


def test_an_experiment_shows_its_askings_to_its_workspace(people: Cast) -> None:
    run = make_asking(people.workspace)
    experiment = AskItem.objects.filter(run=run)[0].experiment
    experiment.is_public, experiment.published_at = True, experiment.created_at
    experiment.save()
    address = f"/predictions/experiments/{experiment.pk}/"
    assert place(run) in read(as_person(people, "viewer"), address)
    for client in (Client(), as_person(people, "stranger")):
        assert place(run) not in read(client, address)
    narrowed = f"{LIST}?experiment={experiment.pk}"
    assert "By trial-m1" in read(as_person(people, "viewer"), narrowed)


def test_staff_see_and_cancel_all_and_resume_the_operator_s_alone(
    people: Cast,
) -> None:
    client = Client()
    client.force_login(make_person("staff@example.org", is_staff=True))
    run = make_asking(people.workspace)
    own = make_asking(None, "stopped", name="operator")
    assert read(client, LIST).count('<th scope="row"') == 2
    assert client.post(f"{place(run)}cancel/").status_code == 302
    assert client.post(f"{place(run)}resume/").status_code == 403
    client.post(f"{place(own)}resume/")
    states = AskRun.objects.order_by("name").values_list("status", flat=True)
    assert list(states) == ["queued", "cancelled"]


def test_pages_keep_their_budget(
    people: Cast, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    runs = [make_asking(people.workspace, models=2) for _ in range(20)]
    client = as_person(people, "owner")
    for address in (LIST, place(runs[0])):
        with django_assert_max_num_queries(13):
            answer = client.get(address)
        assert len(answer.content) <= 50 * KB
