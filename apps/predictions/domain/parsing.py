"""A model's answer, read strictly: what is not plainly a probability is none."""

from __future__ import annotations

import json
import math
import re
from dataclasses import dataclass
from typing import NoReturn

from apps.predictions.domain.entries import MOST_REASONING
from apps.predictions.domain.words import AttemptOutcome

LONGEST_ANSWER = 100_000
KEYS = ("reasoning", "probability", "confidence")
HUNDRED = 100.0

_UNSTORABLE = re.compile("[\\0\\ud800-\\udfff]")
_REFUSES = re.compile(
    r"\A\W*(?:(?:i(?:['\u2019]| a)m )?sorry\b|as an ai\b|(?:unfortunately,? )?i "
    r"(?:can ?not|can['\u2019]t|won['\u2019]t|will not|must decline|am unable|am not "
    r"able)\b|i['\u2019]m (?:unable|not able)\b)",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Forecast:
    """What a model said: a share of one, a confidence of a hundred, and why."""

    probability: float
    confidence: float
    reasoning: str


@dataclass(frozen=True, slots=True)
class Reading:
    """What an answer came to, or by `reason` what is wrong with it."""

    outcome: AttemptOutcome
    forecast: Forecast | None = None
    reason: str = ""


class UnreadableError(ValueError):
    """An answer is not the one JSON object that was asked for."""


def read_answer(text: str, structured: object = None) -> Reading:
    """Return what an answer says.

    `structured` is the document that the provider vouched for; without one the text
    must hold one JSON object and no other. It must have the three keys and no others,
    and numbers where numbers belong: `"0.75"` and `"75%"` are no numbers, and 75 is no
    share. A confidence between 0 and 1 was plainly meant as a share, so that it is
    refused too.
    """
    try:
        document = structured if structured is not None else _find_object(text)
        forecast = _to_forecast(document)
    except UnreadableError as error:
        if structured is None and "{" not in text and _REFUSES.match(text):
            return Reading(AttemptOutcome.REFUSED, reason="the model declined")
        return Reading(AttemptOutcome.UNREADABLE, reason=str(error))
    wrong = _find_out_of_range(forecast)
    if wrong:
        return Reading(AttemptOutcome.OUT_OF_RANGE, reason=wrong)
    return Reading(AttemptOutcome.OK, forecast)


def _find_object(text: str) -> object:
    """Return what stands between the first brace and the last one."""
    if len(text) > LONGEST_ANSWER:
        raise UnreadableError(f"the answer has more than {LONGEST_ANSWER} characters")
    start, end = text.find("{"), text.rfind("}")
    if start < 0 or end < start:
        what = "holds no JSON object" if text.strip() else "is empty"
        raise UnreadableError(f"the answer {what}")
    return _load(text[start : end + 1])


def _load(text: str) -> object:
    try:
        return json.loads(
            text, parse_constant=_refuse_constant, object_pairs_hook=_refuse_repeated
        )
    except json.JSONDecodeError as error:
        if error.msg == "Extra data":
            raise UnreadableError("more than one JSON object was given") from None
        raise UnreadableError(f"it is not JSON: {error.msg}") from None
    except RecursionError:
        raise UnreadableError("it is nested too deep") from None
    except UnreadableError:
        raise
    except ValueError:  # a number of thousands of digits
        raise UnreadableError("a number is too long") from None


def _refuse_constant(name: str) -> NoReturn:
    raise UnreadableError(f"{name} is not a number in JSON")


def _refuse_repeated(pairs: list[tuple[str, object]]) -> dict[str, object]:
    document = dict(pairs)
    if len(document) != len(pairs):
        raise UnreadableError("a key stands twice")
    return document


def _to_forecast(document: object) -> Forecast:
    if not isinstance(document, dict):
        raise UnreadableError("the answer is no JSON object")
    missing = [name for name in KEYS if name not in document]
    if missing:
        raise UnreadableError(f"{' and '.join(missing)} is missing")
    if len(document) > len(KEYS):
        raise UnreadableError("it has keys that were not asked for")
    reasoning = document["reasoning"]
    if not isinstance(reasoning, str):
        raise UnreadableError("reasoning is no text")
    return Forecast(
        probability=_read_number(document, "probability"),
        confidence=_read_number(document, "confidence"),
        reasoning=storable(reasoning)[:MOST_REASONING],
    )


def _read_number(document: dict[str, object], name: str) -> float:
    value = document[name]
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise UnreadableError(f"{name} is no number")
    try:
        number = float(value)
    except OverflowError:
        number = math.inf
    if not math.isfinite(number):
        raise UnreadableError(f"{name} is no finite number")
    return number


def _find_out_of_range(forecast: Forecast) -> str:
    """Say which number does not lie where it should, or nothing."""
    share, of_hundred = forecast.probability, forecast.confidence
    if not 0 <= share <= 1:
        what = f"probability is {share:g}, which is not between 0 and 1"
        if 1 < share <= HUNDRED:
            what += f"; write {share / HUNDRED:g} for {share:g} %"
        return what
    if not 0 <= of_hundred <= HUNDRED:
        return f"confidence is {of_hundred:g}, which is not between 0 and 100"
    if 0 < of_hundred < 1:
        return (
            f"confidence is {of_hundred:g} of 100; write {of_hundred * HUNDRED:g} if a "
            "share was meant"
        )
    return ""


def storable(text: str) -> str:
    """Return a text with what no database takes replaced by U+FFFD."""
    return _UNSTORABLE.sub("\N{REPLACEMENT CHARACTER}", text)
