"""What serves a language model on the far side: one row a server. Each speaks OpenAI's protocol on 127.0.0.1 only."""

from __future__ import annotations

import shlex
from dataclasses import dataclass

from assistant.errors import UsageError


@dataclass(frozen=True)
class Server:
    name: str
    title: str
    preset: str
    """What [llm] preset is set to."""
    models: str
    """Which models it takes, for people."""
    install: str
    """Shell commands; run again they do nothing."""
    serve: str
    """One shell command; {model}, {file}, {folder} and {port} are filled in."""


SERVERS = (
    Server(
        "vllm",
        "vLLM",
        "vllm",
        "owner/repo of the hub, as safetensors",
        "[ -x vllm/bin/vllm ] || { python3 -m venv vllm && vllm/bin/pip install -q 'vllm>=0.11,<1'; }",
        "vllm/bin/vllm serve {model} --host 127.0.0.1 --port {port} --max-model-len 8192",
    ),
    Server(
        "llamacpp",
        "llama.cpp's server",
        "llamacpp",
        "owner/repo:file.gguf of the hub, or a path there",
        "[ -d llamacpp ] || { python3 -m venv llamacpp.new && CMAKE_ARGS=$(command -v nvcc >/dev/null && echo"
        " -DGGML_CUDA=on) llamacpp.new/bin/pip install -q 'llama-cpp-python[server]>=0.3.36,<0.4' huggingface_hub"
        " && mv llamacpp.new llamacpp; }",
        "llamacpp/bin/python -m llama_cpp.server --host 127.0.0.1 --port {port} --n_gpu_layers -1 --n_ctx 8192"
        " --model_alias {model} {file}",
    ),
    Server(
        "textgen",
        "text-generation-webui",
        "textgen",
        "owner/repo of the hub",
        "[ -d textgen ] || git clone -q --depth 1 https://github.com/oobabooga/text-generation-webui textgen\n"
        "cd textgen\nGPU_CHOICE=A LAUNCH_AFTER_INSTALL=no INSTALL_EXTENSIONS=no ./start_linux.sh\n"
        "installer_files/env/bin/python download-model.py {model}",
        "./start_linux.sh --nowebui --api --api-port {port} --model {folder}",
    ),
)


# What a machine for training runs instead: its log grows while one of the runs' logs does, see far_side.py.
TRAINING = """before=
while sleep 20; do
    now=$(cat ../train-*/log 2>/dev/null | cksum)
    [ "$now" = "$before" ] || echo training
    before=$now
done"""


def named(name: str) -> Server:
    """The row of that name."""
    return next(server for server in SERVERS if server.name == name)


def command(server: Server, model: str, port: int, own: str = "") -> str:
    """What the far side runs for ``model``, in a shell, in a folder of its own: install, then serve on ``port``.

    ``own``: a command of the user's to serve with instead; {port} is filled in. Raises UsageError.
    """
    if own:
        if "{port}" not in own:
            raise UsageError(f"--command {own!r} does not say where {{port}} goes; add it, e.g. --port {{port}}")
        return f"exec {own.replace('{port}', str(port))}"
    if server.name == "llamacpp":
        repo, _, file = model.partition(":")
        if not model.endswith(".gguf"):
            raise UsageError(f"--model {model!r}: llama.cpp's server takes {server.models}")
        named_file = (
            f"--hf_model_repo_id {shlex.quote(repo)} --model {shlex.quote(file)}"
            if file
            else f"--model {shlex.quote(model)}"
        )
    else:
        if model.endswith(".gguf") or model.count("/") != 1:
            raise UsageError(f"--model {model!r}: {server.title} takes {server.models}")
        named_file = ""
    filled = {
        "model": shlex.quote(model),
        "file": named_file,
        "folder": shlex.quote(model.replace("/", "_")),
        "port": str(port),
    }
    return f"set -e\n{_fill(server.install, filled)}\n{_fill(server.serve, filled)}"


def _fill(text: str, filled: dict[str, str]) -> str:
    for name, value in filled.items():
        text = text.replace(f"{{{name}}}", value)
    return text
