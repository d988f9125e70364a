"""Fine-tuning: make data -> check data -> probe -> plan -> fit -> export -> use. Never imports assistant."""

import os

_BEFORE_IMPORT = {
    "TOKENIZERS_PARALLELISM": "false",
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "HF_HUB_DISABLE_PROGRESS_BARS": "1",
    "TQDM_DISABLE": "1",
    "UNSLOTH_AUTO_INSTALL": "0",
}  # it would run apt by itself
for _name, _value in _BEFORE_IMPORT.items():  # the libraries read these once, when they are imported
    os.environ.setdefault(_name, _value)
