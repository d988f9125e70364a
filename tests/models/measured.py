"""What llama.cpp itself says it holds for GGUF files, and what that does to a process; each file in a process of its
own. Run as ``python -m tests.models.measured BATCH CONTEXT FILE ...``; prints a line of JSON per file."""

from __future__ import annotations

import json
import os
import re
import sys

_BUFFER = re.compile(r"(\S+) +(model|KV|RS|compute|output) +buffer size += +([\d.]+) MiB")


def main(batch: int, context: int, files: list[str]) -> None:
    import llama_cpp.llama_cpp as lib
    import psutil

    lines: list[str] = []

    @lib.llama_log_callback
    def note(_level: int, text: bytes, _: object) -> None:
        lines.append(text.decode("utf-8", "replace"))

    lib.llama_log_set(note, None)
    lib.llama_backend_init()
    for file in files:
        child = os.fork()
        if child:
            os.waitpid(child, 0)
            continue
        before = psutil.Process().memory_info().rss
        model = lib.llama_model_load_from_file(file.encode(), lib.llama_model_default_params())
        options = lib.llama_context_default_params()
        options.n_ctx, options.n_batch, options.n_ubatch = context, batch, batch
        options.n_threads = options.n_threads_batch = 1
        options.flash_attn_type, options.swa_full = lib.LLAMA_FLASH_ATTN_TYPE_DISABLED, True
        running = lib.llama_init_from_model(model, options)
        tokens = (lib.llama_token * batch)(*[1] * batch)
        status = lib.llama_decode(running, lib.llama_batch_get_one(tokens, batch))
        found: dict[str, float] = {}
        for device, what, size in _BUFFER.findall("".join(lines)):
            what = "repacked" if "REPACK" in device else what
            found[what] = found.get(what, 0.0) + float(size) * 2**20
        found |= {"grown": psutil.Process().memory_info().rss - before, "status": status}
        print(json.dumps(found), flush=True)
        os._exit(0)


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]), sys.argv[3:])
