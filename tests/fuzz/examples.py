"""How much is tried, and what may come of it: nothing here may ever end in a traceback or a wait without end.

ASSISTANT_FUZZ_EXAMPLES=20000 python -m pytest tests/fuzz -k journal       # a long run by hand
"""

from __future__ import annotations

import os
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st


def examples(number: int) -> settings:
    """``number`` examples where the suite runs, $ASSISTANT_FUZZ_EXAMPLES where somebody asks for more."""
    return settings(
        max_examples=int(os.environ.get("ASSISTANT_FUZZ_EXAMPLES", number)),
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture, HealthCheck.data_too_large],
    )


SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.sampled_from([0, -1, 1 << 63, 10**400]),
    st.floats(),
    st.text(max_size=12),
    st.sampled_from(["", "\x00", "\ud800", "\x1b[2J", "0001-01-01T00:00:00", "9999-12-31T23:59:59.999999-23:59"]),
)
JSON = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=8,
)


@st.composite
def damaged(draw: Any, originals: list[bytes], head: int = 200, most: int = 6) -> bytes:
    """One of ``originals`` with some bytes changed, taken out, doubled or put in, mostly in its first ``head``; cut."""
    data = bytearray(draw(st.sampled_from(originals)))
    for _ in range(draw(st.integers(1, most))):
        at = draw(st.integers(0, min(head, len(data)) if draw(st.integers(0, 3)) else len(data)))
        match draw(st.sampled_from(["byte", "number", "out", "again", "in"])):
            case "byte":
                data[at : at + 1] = bytes([draw(st.integers(0, 255))])
            case "number":
                data[at : at + 4] = draw(st.sampled_from([b"\0\0\0\0", b"\xff" * 4, b"\xff\xff\xff\x7f", b"\1\0\0\0"]))
            case "out":
                del data[at : at + draw(st.integers(1, 64))]
            case "again":
                data[at:at] = data[at : at + draw(st.integers(1, 64))]
            case "in":
                data[at:at] = draw(st.binary(min_size=1, max_size=16))
    return bytes(data[: draw(st.integers(0, len(data)))] if draw(st.booleans()) else data)


@st.composite
def altered(draw: Any, original: Any) -> Any:
    """``original``, a JSON value, with something in it replaced by anything, taken out or added."""
    if isinstance(original, dict) and original and draw(st.integers(0, 7)):
        changed = dict(original)
        for key in draw(st.lists(st.sampled_from(list(original)), min_size=1, max_size=2)):
            if draw(st.integers(0, 5)):
                changed[key] = draw(altered(original[key]))
            else:
                changed.pop(key, None)
        return changed
    if isinstance(original, list) and original and draw(st.integers(0, 7)):
        at = draw(st.integers(0, len(original) - 1))
        return [*original[:at], draw(altered(original[at])), *original[at + 1 :]]
    return draw(JSON)
