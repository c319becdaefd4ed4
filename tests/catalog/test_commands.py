from __future__ import annotations

import json
from io import StringIO
from typing import TYPE_CHECKING, Any

import pytest
from django.core.management import CommandError, call_command

from apps.catalog.models import Model

if TYPE_CHECKING:
    from apps.catalog.models import Provider
    from tests.fakes.llm_server import FakeLLM

pytestmark = pytest.mark.django_db


def run(*arguments: str) -> str:
    out = StringIO()
    call_command(*arguments, stdout=out)
    return out.getvalue()


def run_json(*arguments: str) -> Any:
    return json.loads(run(*arguments, "--json"))


def test_loading_says_what_was_added() -> None:
    added = run("load_catalogue")
    assert "6 providers and 2 models added" in added
    assert "0 providers and 0 models added" in run("load_catalogue")


def test_a_sync_as_json_is_one_document(server: FakeLLM, fake: Provider) -> None:
    document = run_json("catalog", "sync")
    assert document == {
        "providers": [
            {
                "provider": "fake",
                "status": "synced",
                "detail": "",
                "listed": 1,
                "new": ["fake/fake-1"],
                "deprecated": [],
                "returned": [],
            }
        ]
    }


def test_a_failed_provider_is_exit_status_one(server: FakeLLM, fake: Provider) -> None:
    server.models_status = 500
    with pytest.raises(SystemExit) as raised:
        run("catalog", "sync")
    assert raised.value.code == 1


def test_a_skipped_provider_is_no_failure() -> None:
    run("load_catalogue")
    printed = run("catalog", "sync")
    assert "anthropic: skipped: no key (set ANTHROPIC_API_KEY)" in printed


@pytest.mark.parametrize("subcommand", ["sync", "list"])
def test_an_unknown_provider_is_exit_status_two(subcommand: str) -> None:
    run("load_catalogue")
    with pytest.raises(CommandError, match="No provider is named 'nope'") as raised:
        run("catalog", subcommand, "--provider", "nope")
    assert raised.value.returncode == 2
    assert Model.objects.count() == 2


def test_the_list_names_models_prices_and_obstacles(
    server: FakeLLM, fake: Provider
) -> None:
    run("load_catalogue")
    run("catalog", "sync")
    lines = run("catalog", "list").splitlines()
    assert lines == [
        "embedded/smollm2-135m  SmolLM2 135M Instruct, greedy  free",
        "embedded/smollm2-135m-t0.5  SmolLM2 135M Instruct, temperature 0.5  free",
        "fake/fake-1  fake-1  price unknown  new",
    ]


def test_the_list_as_json_addresses_each_model() -> None:
    run("load_catalogue")
    models = run_json("catalog", "list", "--provider", "embedded")["models"]
    assert [model["full_name"] for model in models] == [
        "embedded/smollm2-135m",
        "embedded/smollm2-135m-t0.5",
    ]
    assert models[0]["provider"] == "embedded"
    assert models[0]["sampling"] == {"temperature": 0.0, "max_tokens": 400}
