"""The embedded model itself, asked about simulated markets."""

from __future__ import annotations

import io
import json
from decimal import Decimal

import pytest
from django.core.management import call_command

from apps.markets.domain.builtin import STAND_IN
from apps.markets.domain.simulation import Simulation
from apps.markets.services.readings import store_readings
from apps.markets.services.venues import ensure_venue
from apps.predictions.models import AskItem, Attempt
from tests.predictions.asking import clock

pytestmark = [pytest.mark.llm, pytest.mark.django_db]


def test_a_real_model_is_asked_and_all_that_it_says_is_kept() -> None:
    call_command("load_catalogue", stdout=io.StringIO())
    now = clock()
    venue_id, _ = ensure_venue(STAND_IN, now=now)
    readings = list(Simulation().list_open(now))
    store_readings(venue_id=venue_id, readings=readings, now=now)
    stdout = io.StringIO()
    call_command(
        *("predictions", "ask", "--experiment", "smol", "--query", ""),
        *("--models", "embedded/smollm2-135m", "--limit", "2", "--json"),
        stdout=stdout,
        stderr=io.StringIO(),
    )
    document = json.loads(stdout.getvalue())
    (result,) = document["results"]
    assert (document["status"], result["markets"]) == ("completed", 2)
    assert result["recorded"] + result["unanswered"] == 2
    for attempt in Attempt.objects.all():
        assert attempt.provider_model == "smollm2-135m"
        assert attempt.cost == Decimal(0)
        assert attempt.answer
        assert attempt.output_tokens
    assert (
        AskItem.objects.filter(prediction__isnull=False).count() == (result["recorded"])
    )
