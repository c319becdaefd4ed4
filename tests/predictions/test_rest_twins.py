"""The CSV twins of what REST tells, and how two experiments are compared there."""

from __future__ import annotations

import csv
import json
from typing import TYPE_CHECKING, Any

import pytest

from apps.core.ids import new_id
from apps.markets.domain.markets import QuoteFlag
from apps.predictions.models import Summary
from tests.markets.make import make_market
from tests.predictions.make import make_experiment, make_prediction
from tests.predictions.scored import make_markets, predict_all
from tests.web.market_cast import make_shown

if TYPE_CHECKING:
    from collections.abc import Iterator

    from django.test import Client

    from apps.predictions.models import Experiment
    from tests.accounts.cast import Cast

pytestmark = pytest.mark.django_db
API = "/api/v1"
PRIVATE = (
    "/predictions/{prediction}.csv",
    "/benchmarks/predictions/{prediction}.csv",
    "/experiments/{experiment}.csv",
    "/experiments/{experiment}/report.csv",
    "/experiments/{experiment}/compare?with={public}",
    "/experiments/{experiment}/compare.csv?with={public}",
    "/experiments/{public}/compare?with={experiment}",
    "/experiments/{public}/compare.csv?with={experiment}",
)


def rows(client: Client, address: str) -> list[dict[str, str]]:
    answer = client.get(f"{API}{address}")
    assert answer.status_code == 200, answer.content
    assert answer.headers["Content-Type"] == "text/csv"
    return list(csv.DictReader(answer.content.decode().splitlines()))


def read(client: Client, address: str) -> Any:
    answer = client.get(f"{API}{address}")
    assert answer.status_code == 200, answer.content
    return answer.json()


def figures(part: object) -> Iterator[dict[str, Any]]:
    """Every figure of a document, wherever it stands."""
    if isinstance(part, dict):
        if {"value", "n", "events"} <= set(part):
            yield part
        for one in part.values():
            yield from figures(one)
    elif isinstance(part, list):
        for one in part:
            yield from figures(one)


def text(value: object) -> str:
    return "" if value is None else str(value)


def test_a_prediction_has_its_summary_in_the_same_line(client: Client) -> None:
    made = make_prediction(
        make_experiment(), make_market(), reasoning="=1+1", provenance={"n": [1, 2]}
    )
    flags = int(QuoteFlag.WIDE | QuoteFlag.STALE)
    Summary.objects.update(latest_flags=flags)
    (row,) = rows(client, f"/predictions/{made.pk}.csv")
    body = read(client, f"/predictions/{made.pk}")
    assert set(row) == set(body) - {"summary"} | set(body["summary"])
    assert (row["probability"], row["content_hash"]) == ("0.75", made.content_hash)
    assert (row["reasoning"], json.loads(row["provenance"])) == ("'=1+1", {"n": [1, 2]})
    assert (row["latest_flags"], row["skill"]) == ("wide stale", "")
    (benchmark,) = rows(client, f"/benchmarks/predictions/{made.pk}.csv")
    assert set(benchmark) == set(read(client, f"/benchmarks/predictions/{made.pk}"))
    assert benchmark["latest_flags"] == "wide stale"
    assert benchmark["initial_market_price"] == "0.6"


def test_experiments_are_listed_page_by_page(client: Client) -> None:
    made = [make_experiment(f"e{n}", parameters={"n": n}) for n in range(3)]
    answer = client.get(f"{API}/experiments.csv?limit=2&kind=submitted")
    first = list(csv.DictReader(answer.content.decode().splitlines()))
    assert [row["name"] for row in first] == ["e2", "e1"]
    assert json.loads(first[0]["parameters"]) == {"n": 2}
    assert set(first[0]) == set(read(client, f"/experiments/{made[0].pk}"))
    address = answer.headers["Link"].split(">")[0].lstrip("<")
    (last,) = rows(client, f"/experiments.csv{address}")
    assert last == rows(client, f"/experiments/{made[0].pk}.csv")[0]
    assert rows(client, "/experiments.csv?kind=ensemble") == []


@pytest.mark.parametrize(
    ("query", "status"),
    [("limit=101", 403), ("limit=201", 422), ("kind=odd", 422), ("cursor=abc", 422)],
)
def test_a_list_of_experiments_is_asked_for_as_its_document_is(
    client: Client, query: str, status: int
) -> None:
    for form in ("", ".csv"):
        assert client.get(f"{API}/experiments{form}?{query}").status_code == status


def test_every_figure_of_a_report_has_its_line(client: Client) -> None:
    shown = make_shown()
    address = f"/experiments/{shown.experiment.pk}/report"
    table, document = rows(client, f"{address}.csv"), read(client, address)
    told = [(row["value"], row["n"], row["events"], row["reason"]) for row in table]
    found = list(figures(document))
    assert len(found) == 26
    for one in found:
        part = (one["value"], one["n"], one["events"], one["reason"])
        assert tuple(map(text, part)) in told
    keys = [(row["section"], row["item"], row["metric"]) for row in table]
    assert len(keys) == len(set(keys))
    assert {row["experiment"] for row in table} == {"knowing"}
    assert {row["nature"] for row in table} == {"live"}


def test_the_numbers_of_a_report_stand_where_the_document_has_them(
    client: Client,
) -> None:
    shown = make_shown()
    address = f"/experiments/{shown.experiment.pk}/report"
    report = read(client, address)["report"]
    table = {
        (row["section"], row["item"], row["metric"]): row
        for row in rows(client, f"{address}.csv")
    }
    assert table["counts", "", "predictions"]["value"] == "14"
    assert table["settled", "", "brier"]["n"] == "12"
    assert table["asking", "", "attempts"]["value"] == "2"
    assert table["murphy", "", "base_rate"]["value"] == "0.75"
    filled = next(one for one in report["settled"]["bins"] if one["n"])
    line = table["reliability", f"{filled['low']:g} to {filled['high']:g}", "share"]
    assert line["value"] == text(filled["share"])
    assert line["high"] == text(filled["interval"]["high"])
    best = report["top"][0]
    assert table["top", best["prediction_id"], "skill"]["value"] == text(best["skill"])
    flat = table["profit", "flat", "bets"]
    assert flat["value"] == text(report["profit"][0]["bets"])


def test_what_a_report_lacks_has_a_line_with_the_reason(client: Client) -> None:
    experiment = make_experiment("empty")
    table = rows(client, f"/experiments/{experiment.pk}/report.csv")
    lacking = [
        (row["value"], row["n"], row["reason"])
        for row in table
        if row["section"] in {"murphy", "calibration"}
    ]
    assert set(lacking) == {("", "0", "nothing is settled yet")}
    assert len(lacking) == 8
    (accuracy,) = [row for row in table if row["metric"] == "accuracy"]
    assert accuracy["reason"].startswith("no prediction has been looked at")
    bad = client.get(f"{API}/experiments/{experiment.pk}/report.csv?nature=dreamt")
    assert bad.status_code == 422


def make_pair() -> tuple[Experiment, Experiment]:
    """Two experiments with one common event that is settled, and two that are not."""
    first, second = make_experiment("first"), make_experiment("second")
    markets = make_markets(4)
    predict_all(first, markets[:3], [0.9, 0.8, 0.7], [1.0, 1.0, None])
    predict_all(second, markets[1:], [0.6, 0.6, 0.6], [1.0, None, None])
    return first, second


def test_two_experiments_are_compared_on_common_markets(client: Client) -> None:
    first, second = make_pair()
    query = f"/experiments/{first.pk}/compare?with={second.pk}"
    body = read(client, query)
    assert (body["first"]["name"], body["second"]["name"]) == ("first", "second")
    assert body["settled"]["difference"] == pytest.approx(0.16 - 0.04)
    assert (body["settled"]["markets"], body["settled"]["p"]) == (1, None)
    assert body["settled"]["reason"] == "1 common events; two are the fewest"
    page = client.get(f"/predictions/experiments/{first.pk}.json?with={second.pk}")
    assert page.json()["settled"] == body["settled"]
    settled, so_far = rows(client, query.replace("compare", "compare.csv"))
    assert (settled["measured"], so_far["measured"]) == ("settled", "so_far")
    assert settled["difference"] == text(body["settled"]["difference"])
    assert (settled["second_id"], settled["nature"]) == (str(second.pk), "live")
    twin = client.get(f"/predictions/experiments/{first.pk}.csv?with={second.pk}")
    whole = client.get(f"{API}{query.replace('compare', 'compare.csv')}")
    assert twin.content == whole.content


@pytest.mark.parametrize("form", ["compare", "compare.csv"])
@pytest.mark.parametrize(
    ("query", "status", "word"),
    [
        ("", 422, "with"),
        ("with=abc", 422, "with"),
        ("with={own}", 422, "name another one"),
        ("with={other}&nature=odd", 422, "nature"),
        ("with={none}", 404, "no experiment"),
    ],
)
def test_a_comparison_says_what_it_lacks(
    client: Client, form: str, query: str, status: int, word: str
) -> None:
    own, other = make_experiment("own"), make_experiment("other")
    asked = query.format(own=own.pk, other=other.pk, none=new_id())
    answer = client.get(f"{API}/experiments/{own.pk}/{form}?{asked}")
    assert answer.status_code == status
    assert word in answer.json()["detail"]


@pytest.mark.parametrize("address", PRIVATE)
def test_what_is_a_workspace_s_own_is_not_there_for_a_stranger(
    client: Client, cast: Cast, address: str
) -> None:
    own = make_experiment("own", workspace=cast.workspace)
    made = make_prediction(own, make_market())
    public = make_experiment("public")
    place = API + address.format(
        prediction=made.pk, experiment=own.pk, public=public.pk
    )
    for person, status in ((cast.stranger, 404), (cast.viewer, 200)):
        client.force_login(person)
        assert client.get(place).status_code == status
    client.logout()
    assert client.get(place).status_code == 404
