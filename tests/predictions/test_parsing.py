"""Answers of models, read strictly."""

from __future__ import annotations

import json
import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.predictions.domain.parsing import Forecast, read_answer
from apps.predictions.domain.words import AttemptOutcome

OK, UNREADABLE = AttemptOutcome.OK, AttemptOutcome.UNREADABLE
OUT_OF_RANGE, REFUSED = AttemptOutcome.OUT_OF_RANGE, AttemptOutcome.REFUSED


def answer(probability: Any = 0.75, confidence: Any = 60, **more: Any) -> str:
    document = {"reasoning": "So.", "probability": probability}
    return json.dumps(document | {"confidence": confidence} | more)


def test_an_answer_of_the_right_form_is_read() -> None:
    reading = read_answer(answer())
    assert (reading.outcome, reading.forecast) == (OK, Forecast(0.75, 60.0, "So."))


@pytest.mark.parametrize("around", ["{}", "```json\n{}\n```", "Here it is:\n{}\nDone."])
def test_words_around_the_one_object_do_not_matter(around: str) -> None:
    assert read_answer(around.replace("{}", answer())).outcome is OK


@pytest.mark.parametrize("share", [0, 1, 0.0, 1.0, 1e-9])
def test_the_bounds_are_shares(share: float) -> None:
    reading = read_answer(answer(share))
    assert reading.forecast is not None
    assert reading.forecast.probability == share


@pytest.mark.parametrize(
    ("text", "outcome", "reason"),
    [
        (answer(75), OUT_OF_RANGE, "write 0.75 for 75 %"),
        (answer(1.01), OUT_OF_RANGE, "not between 0 and 1"),
        (answer(-0.1), OUT_OF_RANGE, "not between 0 and 1"),
        (answer(0.5, 101), OUT_OF_RANGE, "not between 0 and 100"),
        (answer(0.5, 0.8), OUT_OF_RANGE, "write 80 if a share was meant"),
        (answer("75"), UNREADABLE, "probability is no number"),
        (answer("75%"), UNREADABLE, "probability is no number"),
        (answer("0.75"), UNREADABLE, "probability is no number"),
        (answer(probability=True), UNREADABLE, "probability is no number"),
        (answer(None), UNREADABLE, "probability is no number"),
        (answer([0.5]), UNREADABLE, "probability is no number"),
        (answer(math.nan), UNREADABLE, "NaN is not a number in JSON"),
        (answer(math.inf), UNREADABLE, "Infinity is not a number in JSON"),
        (answer(0.5, 60, no=0.5), UNREADABLE, "keys that were not asked for"),
        (answer().replace("0.75", "1e999"), UNREADABLE, "no finite number"),
        (answer().replace("0.75", "9" * 5000), UNREADABLE, "too long"),
        (answer().replace("0.75", "9" * 400), UNREADABLE, "no finite number"),
        (answer() + answer(), UNREADABLE, "more than one JSON object"),
        (f"{answer()} or else {answer(0.1)}", UNREADABLE, "more than one JSON object"),
        ('{"probability": 0.5}', UNREADABLE, "reasoning and confidence is missing"),
        (answer().replace('"So."', "7"), UNREADABLE, "reasoning is no text"),
        ('{"probability": 0.5, "probability": 0.6}', UNREADABLE, "stands twice"),
        ("{" * 50_000 + "}" * 50_000, UNREADABLE, "not JSON"),
        ('{"a":' * 40_000 + "1" + "}" * 40_000, UNREADABLE, "100000 characters"),
        ("75", UNREADABLE, "holds no JSON object"),
        ("75%", UNREADABLE, "holds no JSON object"),
        ("} {", UNREADABLE, "holds no JSON object"),
        (" \n", UNREADABLE, "is empty"),
        ("{" + " " * 100_000 + "}", UNREADABLE, "100000 characters"),
        ("I'm sorry, but I can't.", REFUSED, "declined"),
        ("As an AI, I have no opinion.", REFUSED, "declined"),
        ("I cannot predict the future.", REFUSED, "declined"),
        ("I am certain: it is 0.4.", UNREADABLE, "holds no JSON object"),
    ],
)
def test_what_is_not_plainly_a_probability_is_none(
    text: str, outcome: AttemptOutcome, reason: str
) -> None:
    reading = read_answer(text)
    assert (reading.outcome, reading.forecast) == (outcome, None)
    assert reason in reading.reason


def test_a_structured_document_is_read_before_the_text() -> None:
    document = {"reasoning": "So.", "probability": 0.25, "confidence": 40}
    assert read_answer("anything", document).forecast == Forecast(0.25, 40.0, "So.")
    assert read_answer(answer(), [document]).outcome is UNREADABLE
    assert read_answer(answer(), {**document, "probability": 25}).outcome is (
        OUT_OF_RANGE
    )


def test_what_no_database_takes_is_replaced_in_the_reasoning() -> None:
    text = answer().replace("So.", r"a\u0000b\ud800c")
    reading = read_answer(text)
    assert reading.forecast is not None
    assert reading.forecast.reasoning == "a\ufffdb\ufffdc"


@given(st.text())
def test_no_text_breaks_the_reading(text: str) -> None:
    reading = read_answer(text)
    assert (reading.forecast is not None) == (reading.outcome is OK)
    assert reading.forecast is not None or reading.reason


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)


@given(JSON, JSON, JSON)
def test_whatever_is_read_is_a_share_and_a_confidence_of_a_hundred(
    probability: Any, confidence: Any, reasoning: Any
) -> None:
    text = answer(probability, confidence, reasoning=reasoning)
    for reading in (read_answer(text), read_answer(text, _vouched(text))):
        if reading.forecast is not None:
            assert 0 <= reading.forecast.probability <= 1
            assert 0 <= reading.forecast.confidence <= 100
            assert probability == reading.forecast.probability
            assert not isinstance(probability, bool | str)
        else:
            assert reading.outcome is not OK


def _vouched(text: str) -> object:
    return json.loads(text)


@given(
    st.floats(0, 1),
    st.floats(1, 100) | st.just(0.0),
    st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0")),
)
def test_every_true_forecast_is_read_as_it_is(
    probability: float, confidence: float, reasoning: str
) -> None:
    text = answer(probability, confidence, reasoning=reasoning)
    expected = Forecast(probability, confidence, reasoning)
    assert read_answer(text).forecast == expected
