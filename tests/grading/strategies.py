"""Values of every plain type, for Hypothesis."""

from __future__ import annotations

from collections import deque
from datetime import UTC

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

# The machine may be busy with the jails of other tests.
PATIENT = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)

SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.integers(min_value=-(2**4000), max_value=2**4000)
    | st.floats(allow_nan=False)
    | st.complex_numbers(allow_nan=False)
    | st.text(st.characters(exclude_categories=()), max_size=20)
    | st.binary(max_size=20)
    | st.fractions()
    | st.datetimes(timezones=st.just(UTC))
    | st.timedeltas()
    | st.builds(range, st.integers(-9, 9), st.integers(-9, 9), st.just(2))
)
KEYS = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=4).map(tuple) | st.frozensets(inner, max_size=4)
    ),
    max_leaves=5,
)
VALUES = st.recursive(
    SCALARS | st.sets(KEYS, max_size=4) | st.binary(max_size=20).map(bytearray),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.lists(inner, max_size=4).map(tuple)
        | st.lists(inner, max_size=4).map(deque)
        | st.dictionaries(KEYS, inner, max_size=4)
    ),
    max_leaves=12,
)
