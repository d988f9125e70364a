from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from assistant.audio.ring import Ring


@given(st.integers(1, 50), st.lists(st.tuples(st.booleans(), st.integers(0, 50)), max_size=60))
def test_what_is_read_is_the_newest_that_was_written_in_order(capacity, steps):
    ring, model, number = Ring(capacity), [], 0
    for writes, count in steps:
        count = min(count, capacity)
        if writes:
            samples = np.arange(number, number + count, dtype=np.float32)
            number += count
            ring.write(samples[:, None])
            model = [*model, *samples][-capacity:]
        else:
            read = ring.read(count)
            assert (read is None) == (len(model) < count)
            if read is not None:
                assert read[:, 0].tolist() == model[:count]
                model = model[count:]
        assert len(ring) == len(model)


def test_skip_forgets_what_waits():
    ring = Ring(10)
    ring.write(np.ones((5, 1)))
    ring.skip()
    ring.write(np.full((3, 1), 2.0))
    assert ring.read(3).tolist() == [[2], [2], [2]] and ring.read(1) is None


def column(first: int, end: int) -> np.ndarray:
    return np.arange(first, end)[:, None]


class Overtaken(np.ndarray):
    """Samples that the writer overwrites just when the reader has begun to copy them."""

    write = staticmethod(lambda: None)

    def __getitem__(self, key):
        write, self.write = self.write, lambda: None
        write()
        return super().__getitem__(key)


def test_a_reader_never_sees_samples_that_were_overwritten_while_it_copied_them():
    ring = Ring(10)
    ring.write(column(0, 10))
    ring._samples = ring._samples.view(Overtaken)
    ring._samples.write = lambda: ring.write(column(10, 18))
    assert ring.read(6)[:, 0].tolist() == [8, 9, 10, 11, 12, 13]
    assert ring.read(4)[:, 0].tolist() == [14, 15, 16, 17] and ring.read(1) is None
