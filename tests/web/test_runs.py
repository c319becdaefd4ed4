from __future__ import annotations

import csv
import io
import re
from typing import TYPE_CHECKING

import pytest

from apps.benchmarks.domain.specs import Verdict
from apps.benchmarks.domain.text import escape_text
from apps.benchmarks.models import Result, Run
from apps.benchmarks.selectors.suites import get_tasks
from tests.web import cast

if TYPE_CHECKING:
    from uuid import UUID

    from django.test import Client

pytestmark = pytest.mark.django_db
HOSTILE = "</pre><script>alert(1)</script>{{ 7|add:7 }}&amp;<img src=x>"


def store_one(answer: str, **fields: object) -> tuple[UUID, UUID]:
    """Store one answer; return its run and itself."""
    run_id = cast.make_run(cast.make_suite(1), cast.make_model())
    (lease,) = cast.claim(run_id)
    task = get_tasks(lease.suite_version_id)[0]
    result = cast.make_result(task.id, Verdict.FAIL, answer=answer, **fields)
    cast.store(lease, [result])
    return run_id, result.id


def test_a_run_shows_every_sample_with_its_verdict_and_reason(client: Client) -> None:
    run_id = cast.make_graded_run()
    html = client.get(f"/runs/{run_id}/").content.decode()
    assert html.count("data-expand ") == 12
    assert html.count('<span class="tag pass">') == 7
    assert html.count('<span class="tag fail">') == 4
    assert html.count('<span class="tag unscored">') == 1
    assert "was expected" in html


def test_samples_are_filtered_by_verdict_and_model(client: Client) -> None:
    run_id = cast.make_graded_run()
    weak = Result.objects.filter(model__name="weak")[0].model_id
    html = client.get(f"/runs/{run_id}/?verdict=pass&model={weak}").content.decode()
    assert html.count("data-expand ") == 1


def test_samples_are_paged_without_loss_or_repeat(client: Client) -> None:
    version_id = cast.make_suite(25)
    run_id = cast.make_run(version_id, cast.make_model("a"), cast.make_model("b"))
    cast.grade(run_id, cast.always, cast.rarely)
    seen: list[str] = []
    address = f"/runs/{run_id}/"
    while address:
        html = client.get(address).content.decode()
        seen += re.findall(r'/samples/([^"]+)/" data-expand', html)
        link = re.search(r'href="([^"]+)" rel="next"', html)
        address = f"/runs/{run_id}/{link[1]}" if link else ""
    assert len(seen) == len(set(seen)) == 50


def test_a_sample_shows_prompt_answer_times_and_cost(client: Client) -> None:
    run_id, result_id = store_one("def f():\n    return 1", reason="wrong value")
    html = client.get(f"/runs/{run_id}/samples/{result_id}/").content.decode()
    for part in ("returns 0 pairs", "def f():", "wrong value", "220 ms", "$0.000032"):
        assert part in html


def test_a_sample_opens_in_place_as_a_fragment(client: Client) -> None:
    run_id, result_id = store_one("x")
    address = f"/runs/{run_id}/samples/{result_id}/"
    html = client.get(address, headers={"HX-Request": "true"}).content.decode()
    assert "<html" not in html
    assert f'href="{address}"' in html


def test_an_answer_is_shown_and_never_run(client: Client) -> None:
    run_id, result_id = store_one(HOSTILE, reason=HOSTILE, provider_model=HOSTILE)
    for address in (f"/runs/{run_id}/", f"/runs/{run_id}/samples/{result_id}/"):
        html = client.get(address).content.decode()
        assert "<script>alert" not in html
        assert "<img src=x>" not in html
        assert "&lt;script&gt;alert(1)&lt;/script&gt;" in html
        assert "{{ 7|add:7 }}" in html


def test_a_hostile_model_name_is_text(client: Client) -> None:
    name = "<b>x</b>"
    run_id = cast.make_run(cast.make_suite(1), cast.make_model(display_name=name))
    cast.grade(run_id, cast.always)
    model_id = Result.objects.get().model_id
    for address in ("/", "/runs/", f"/runs/{run_id}/", f"/models/{model_id}/"):
        html = client.get(address).content.decode()
        assert name not in html
        assert "&lt;b&gt;x&lt;/b&gt;" in html


def test_nul_and_lone_surrogates_of_an_answer_are_shown(client: Client) -> None:
    run_id, result_id = store_one(escape_text("a\x00b\ud800c"))
    html = client.get(f"/runs/{run_id}/samples/{result_id}/").content.decode()
    assert "a\u2400b?c" in html


def test_huge_answers_and_reasons_do_not_swell_the_list(client: Client) -> None:
    run_id = cast.make_run(cast.make_suite(20), cast.make_model())
    cast.grade(run_id, cast.always, answer="&" * 100_000, reason="'" * 5000)
    page = client.get(f"/runs/{run_id}/")
    assert page.content.count(b"data-expand ") == 20
    assert len(page.content) < 50_000
    result_id = Result.objects.all()[0].id
    sample = client.get(f"/runs/{run_id}/samples/{result_id}/")
    assert sample.content.count(b"&amp;") == 100_000


def test_the_csv_twin_runs_in_no_spreadsheet(client: Client) -> None:
    run_id, _ = store_one('=HYPERLINK("http://x")', reason="\t=1+1")
    text = client.get(f"/runs/{run_id}.csv").content.decode()
    (row,) = csv.DictReader(io.StringIO(text))
    assert row["answer"] == '\'=HYPERLINK("http://x")'
    assert row["reason"] == "'\t=1+1"
    assert row["working_ms"] == "220.0"


def test_the_json_twin_leads_through_all_results(client: Client) -> None:
    run_id = cast.make_graded_run()
    first = client.get(f"/runs/{run_id}.json?limit=7").json()["results"]
    cursor = first["next_cursor"]
    rest = client.get(f"/runs/{run_id}.json?limit=7&cursor={cursor}").json()["results"]
    assert [len(first["items"]), len(rest["items"])] == [7, 5]
    assert rest["next_cursor"] is None


@pytest.mark.parametrize("query", ["cursor=abc", "model=1", "verdict=maybe"])
def test_a_bad_value_in_the_address_is_named(client: Client, query: str) -> None:
    run_id = cast.make_graded_run()
    response = client.get(f"/runs/{run_id}/?{query}")
    assert response.status_code == 422
    assert query.split("=", maxsplit=1)[0] in response.content.decode()


@pytest.mark.parametrize("suffix", ["/", ".json", ".csv"])
def test_a_run_of_a_workspace_does_not_exist_for_a_stranger(
    client: Client, suffix: str
) -> None:
    member, stranger = (cast.make_person(f"{n}@example.org") for n in ("a", "b"))
    workspace = cast.make_workspace(member)
    version_id, model_id = cast.make_suite(), cast.make_model()
    run_id = cast.make_run(version_id, model_id, workspace_id=workspace.id)
    for person, status in ((None, 404), (stranger, 404), (member, 200)):
        client.logout()
        if person:
            client.force_login(person)
        assert client.get(f"/runs/{run_id}{suffix}").status_code == status


def test_a_sample_is_found_only_in_its_own_run(client: Client) -> None:
    _run_id, result_id = store_one("x")
    other = cast.make_run(Run.objects.get().suite_version_id, cast.make_model("other"))
    assert client.get(f"/runs/{other}/samples/{result_id}/").status_code == 404


def test_the_list_is_filtered_by_status_and_suite(client: Client) -> None:
    run_id = cast.make_graded_run()
    assert str(run_id) in client.get("/runs/?status=completed").content.decode()
    assert str(run_id) not in client.get("/runs/?status=failed").content.decode()
    assert str(run_id) not in client.get("/runs/?suite=other").content.decode()
