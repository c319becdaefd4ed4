"""How differences are written."""

from __future__ import annotations

import pytest

from apps.core.templatetags.drawings import figure_value, gain
from apps.core.templatetags.formats import points


@pytest.mark.parametrize(
    ("written", "wanted"),
    [
        (gain(-0.00004), "0.0000"),
        (gain(-0.00006), "−0.0001"),
        (points(0.0), "0.0"),
        (points(0.012), "+1.2"),
        (figure_value(-0.2, "hundred"), "0 %"),
        (figure_value(0.00001, "speed"), "+0.0010"),
    ],
)
def test_what_rounds_to_nothing_has_no_sign(written: str, wanted: str) -> None:
    assert written == wanted
