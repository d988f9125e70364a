"""Run as a process: SOURCE.gguf TARGET.gguf KIND. Writes the model again with its weights as KIND (llama_ftype)."""

from __future__ import annotations

import ctypes
import os
import sys

if __name__ == "__main__":
    from llama_cpp import llama_cpp as lib

    source, target, kind = sys.argv[1:]
    options = lib.llama_model_quantize_default_params()
    options.ftype, options.nthread = int(kind), len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else 0
    sys.exit(lib.llama_model_quantize(os.fsencode(source), os.fsencode(target), ctypes.byref(options)) != 0)
