"""``python -m assistant.wake.trial FILE``: ends with 0 when FILE is a wake word's network that can be run."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np

from assistant.wake.model import WakeModel, load

_FEATURES = 40


def main(path: Path) -> int:
    network = load(WakeModel(path.stem, path, 0.5, 1))
    fits = network.lib.TfLiteTensorByteSize(network.input_tensor) == network.stride * _FEATURES
    if not fits or network.lib.TfLiteTensorByteSize(network.output_tensor) != 1:
        return 1
    answers = [network.process_streaming_prob(np.full((1, 1, _FEATURES), 10.0)) for _ in range(100)]
    return 0 if all(answer is not None and 0 <= answer <= 1 for answer in answers) else 1


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
