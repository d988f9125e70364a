"""Pocket TTS as small as it gets: its own architecture and package, with weights that nobody trained."""

from __future__ import annotations

import copy
from pathlib import Path

LETTERS = " abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.,!?'"
_SEANET = {
    **{"dimension": 16, "channels": 1, "n_filters": 2, "n_residual_layers": 1, "ratios": [6, 5, 4], "kernel_size": 3},
    **{"residual_kernel_size": 3, "last_kernel_size": 3, "dilation_base": 2, "pad_mode": "constant", "compress": 2},
}
_CONFIG = {
    "weights_path": "hf://kyutai/pocket-tts/languages/english/model.safetensors@0123456789abcdef",
    "weights_path_without_voice_cloning": "hf://kyutai/plain/languages/english/model.safetensors@0123456789abcdef",
    "flow_lm": {
        "insert_bos_before_voice": True,
        "dtype": "float32",
        "flow": {"depth": 1, "dim": 8},
        "transformer": {"d_model": 16, "hidden_scale": 2, "max_period": 10000, "num_heads": 2, "num_layers": 1},
        "lookup_table": {
            "dim": 16,
            "n_bins": len(LETTERS),
            "tokenizer": "tokenizers",
            "tokenizer_path": "hf://kyutai/plain/languages/english/tokenizer.json@0123456789abcdef",
        },
    },
    "mimi": {
        **{
            "dtype": "float32",
            "sample_rate": 24000,
            "inner_dim": 8,
            "outer_dim": 16,
            "channels": 1,
            "frame_rate": 12.5,
        },
        "seanet": _SEANET,
        "transformer": {
            **{"d_model": 16, "num_heads": 2, "num_layers": 1, "layer_scale": 0.01, "context": 20},
            **{"dim_feedforward": 16, "input_dimension": 16, "output_dimensions": [16]},
        },
        "quantizer": {"dimension": 8, "output_dimension": 16},
    },
}


def write(folder: Path) -> None:
    """``config/english.yaml``, ``model.safetensors``, ``tokenizer.json`` and ``alba.safetensors``."""
    import torch
    import yaml
    from pocket_tts import TTSModel, export_model_state
    from safetensors.torch import save_file
    from tokenizers import Tokenizer, models

    vocabulary = {letter: number for number, letter in enumerate(LETTERS)}
    Tokenizer(models.BPE(vocab=vocabulary, merges=[])).save(str(folder / "tokenizer.json"))
    (folder / "config").mkdir()
    (folder / "config" / "english.yaml").write_text(yaml.safe_dump(_CONFIG))
    here = copy.deepcopy(_CONFIG)
    del here["weights_path"], here["weights_path_without_voice_cloning"]
    here["flow_lm"]["lookup_table"]["tokenizer_path"] = str(folder / "tokenizer.json")
    torch.manual_seed(1)
    (folder / "here.yaml").write_text(yaml.safe_dump(here))
    model = TTSModel.load_model(config=folder / "here.yaml")
    save_file({name: value.clone() for name, value in model.state_dict().items()}, folder / "model.safetensors")
    voice = model.get_state_for_audio_prompt(torch.randn(1, 12_000) * 0.1)
    export_model_state(voice, folder / "alba.safetensors")
