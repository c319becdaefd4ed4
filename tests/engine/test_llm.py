from __future__ import annotations

import io
import json

import pytest
from django.core.management import call_command

from apps.benchmarks.models import Result
from apps.benchmarks.services.starter import load_starter
from tests.engine.cast import clock

pytestmark = [pytest.mark.llm, pytest.mark.django_db]


def test_a_real_model_answers_and_its_code_is_run() -> None:
    call_command("load_catalogue", stdout=io.StringIO())
    load_starter(now=clock())
    stdout = io.StringIO()
    call_command(
        *("benchmarks", "run", "--suite", "starter", "--limit", "4", "--json"),
        *("--models", "embedded/smollm2-135m"),
        stdout=stdout,
        stderr=io.StringIO(),
    )
    document = json.loads(stdout.getvalue())
    assert (document["status"], document["samples"]) == ("completed", 4)
    assert document["passed"] + document["failed"] == 4
    for result in Result.objects.all():
        assert result.provider_model == "smollm2-135m"
        assert result.answer
        assert result.output_tokens
        assert result.sandbox_tier in {"A", "B"}
        assert result.package_versions.keys() == {"assay", "openai", "xllamacpp"}
