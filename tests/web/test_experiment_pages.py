from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from apps.predictions.models import Experiment
from tests.accounts.cast import make_cast
from tests.predictions.make import make_experiment
from tests.predictions.scored import make_markets, predict_all
from tests.web.market_cast import HOSTILE, make_shown, make_simulated

if TYPE_CHECKING:
    from django.test import Client

pytestmark = pytest.mark.django_db


def page_of(experiment: Experiment, query: str = "") -> str:
    return f"/predictions/experiments/{experiment.pk}/{query}"


def read(client: Client, address: str) -> str:
    response = client.get(address)
    assert response.status_code == 200, address
    return response.content.decode()


def line(html: str, label: str) -> str:
    """The words of one line of a table of figures."""
    row = html.split(f'<th scope="row">{label}</th>')[1].split("</tr>", maxsplit=1)[0]
    return " ".join(re.sub(r"<[^>]+>", " ", row).split())


def test_every_figure_comes_with_its_n_or_with_why_it_is_missing(
    client: Client,
) -> None:
    html = read(client, page_of(make_shown().experiment))
    assert line(html, "Skill over the market").startswith("+0.1925 +0.")
    assert " 12 (12) " in line(html, "Brier score")
    assert "None: " in line(html, "Skill over the close")
    assert "None: " in line(html, "Confidence and skill")
    assert "provisional until every market is settled" in html


def test_calibration_is_drawn_and_written(client: Client) -> None:
    html = read(client, page_of(make_shown().experiment))
    drawn = dict(re.findall(r'<path class="(\w+)" d="([^"]*)"', html))
    assert drawn["dot"].count("h0") == 2
    assert drawn["whisker"].count("V") == 2
    assert drawn["ideal"] == "M0 400L1000 0"
    assert "by chance alone" in html
    assert "base rate 75 %" in html


def test_direction_money_and_performers_are_shown(client: Client) -> None:
    html = read(client, page_of(make_shown().experiment))
    assert "Its mirror images" in html
    assert '<th scope="row">flat</th>' in html
    assert '<th scope="row">quarter-kelly</th>' in html
    assert html.count('<a href="/predictions/0') >= 5
    assert '<rect width="100"' in html


def test_time_to_convergence_is_drawn_as_a_curve_with_its_band(client: Client) -> None:
    html = read(client, page_of(make_shown().experiment))
    figure = html.split("by Kaplan and Meier")[0].rsplit("<svg", maxsplit=1)[1]
    drawn = dict(re.findall(r'<path class="(\w+)" d="([^"]*)"', figure))
    assert drawn["price"] == "M0 400H980V200H1000"
    assert drawn["band"].endswith("Z")
    assert line(html, "Median time to reach").startswith("3.0 h 3.0 h to unknown")


def test_an_experiment_without_predictions_says_what_to_do(client: Client) -> None:
    html = read(client, page_of(make_experiment("empty")))
    assert "predictions ask --experiment empty" in html
    assert "POST /api/v1/predictions" in html


def test_nothing_settled_is_said_and_not_filled_in(client: Client) -> None:
    experiment = make_experiment("young", title=HOSTILE, description=HOSTILE)
    predict_all(experiment, make_markets(2), [0.7, 0.8], [None, None])
    html = read(client, page_of(experiment))
    assert "Nothing is settled yet" in html
    assert "None: nothing is settled yet." in line(html, "Brier score")
    assert "&lt;script&gt;" in html
    assert HOSTILE not in html


def test_two_experiments_are_compared_on_common_markets(client: Client) -> None:
    shown = make_shown()
    html = read(client, page_of(shown.experiment, f"?with={shown.other.pk}"))
    assert "Knows what it does is better" in html
    assert "12 on 12 events" in html
    assert re.search(r"about \d+, on \d+ event", html)
    document = client.get(
        f"/predictions/experiments/{shown.experiment.pk}.json?with={shown.other.pk}"
    ).json()
    assert document["settled"]["markets"] == 12


def test_natures_are_never_put_together(client: Client) -> None:
    shown = make_shown()
    make_simulated("both")
    both = Experiment.objects.get(name="both")
    predict_all(both, make_markets(2), [0.7, 0.8], [1.0, 0.0])
    live = read(client, page_of(both))
    assert ">2</a> on 2 events" in live
    assert "<strong>Simulated.</strong>" not in live
    simulated = read(client, page_of(both, "?nature=simulated"))
    assert re.search(r">1</a> on 1 event\s", simulated)
    assert "<strong>Simulated.</strong>" in simulated
    apart = read(client, page_of(both, f"?with={shown.other.pk}&nature=simulated"))
    assert apart.count("Nothing to compare") == 2
    assert client.get(page_of(both, "?nature=dreamt")).status_code == 422


def test_twins_carry_the_report_and_the_bins(client: Client) -> None:
    shown = make_shown()
    address = f"/predictions/experiments/{shown.experiment.pk}"
    document = client.get(f"{address}.json").json()
    assert document["report"]["counts"]["predictions"] == 14
    assert document["report"]["settled"]["brier"]["n"] == 12
    text = client.get(f"{address}.csv").content.decode()
    assert text.splitlines()[0] == "low,high,n,units,mean,share"
    assert text.count("\r\n") == 11


def test_a_private_experiment_does_not_exist_for_a_stranger(client: Client) -> None:
    people = make_cast()
    shown = make_shown(people.workspace)
    address = f"/predictions/experiments/{shown.experiment.pk}"
    public = make_experiment("public")
    doors = (
        f"{address}/",
        f"{address}.json",
        f"{address}.csv",
        page_of(public, f"?with={shown.experiment.pk}"),
    )
    for person in (None, people.stranger):
        if person is not None:
            client.force_login(person)
        assert {client.get(door).status_code for door in doors} == {404}
        assert "Knows what it does" not in read(client, page_of(public))
    client.force_login(people.viewer)
    assert {client.get(door).status_code for door in doors} == {200}
    assert "Knows what it does" in read(client, page_of(public))


@pytest.mark.parametrize(
    ("role", "status"),
    [
        *(("owner", 302), ("admin", 302), ("teammate", 302), ("viewer", 403)),
        ("stranger", 404),
    ],
)
def test_who_may_publishes_for_good_and_says_so(
    client: Client, role: str, status: int
) -> None:
    cast = make_cast()
    own = make_experiment("own", workspace=cast.workspace)
    client.force_login(getattr(cast, role))
    address = f"{page_of(own)}publish/"
    if status != 404:
        assert ("There is no way back" in read(client, page_of(own))) is (status == 302)
    assert client.post(address).status_code == status
    assert Experiment.objects.get().published_at is None
    assert client.post(address, {"for_good": "yes"}).status_code == status
    assert Experiment.objects.get().is_public is (status == 302)
    if status == 302:
        html = read(client, page_of(own))
        assert "everybody sees it from now on" in html
        assert f'action="{address}"' not in html


def test_a_visitor_is_offered_nothing_to_publish(client: Client) -> None:
    made = make_experiment("operators")
    assert "There is no way back" not in read(client, page_of(made))
    refused = client.post(f"{page_of(made)}publish/", {"for_good": "yes"})
    assert refused.status_code == 403
