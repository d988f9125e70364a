"""`assistant models fit`: from names, files, folders, addresses and the hub, to sentences."""

from __future__ import annotations

import json
import re
import struct
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from assistant import cli, hub
from assistant.models import source
from tests.models import toy_models


@pytest.fixture(autouse=True)
def alone(monkeypatch):
    monkeypatch.setattr(hub, "reachable", lambda: False)


def fit(*argv: str) -> int:
    return cli.main(["models", "fit", *argv])


def told(capsys, *argv: str) -> dict:
    assert fit(*argv, "--json") == 0
    return json.loads(capsys.readouterr().out)


def test_grok_is_told_why_not_and_what_would(capsys) -> None:
    assert fit("grok-1", "--gpu", "24") == 0
    out = " ".join(capsys.readouterr().out.split())
    assert "314 billion parameters, Q4_K_M 191.9 GB" in out and "nowhere near 22.8 GB" in out
    assert "llm.preset = xai" in out and "Smaller, and fits: " in out


def test_what_is_better_is_said_with_figures_of_one_scale(capsys) -> None:
    assert fit("grok-1", "--gpu", "5") == 0
    assert "Smaller, and fits: qwen3-4b (2.5 GB), which `assistant models try" in capsys.readouterr().out  # not rated
    assert fit("mixtral-8x7b", "--gpu", "4") == 0
    out = capsys.readouterr().out
    assert "gemma-3-4b (2.5 GB)" in out
    assert "it is rated higher, too: 1293 to 1138 (Arena rating, 2025-08-04)" in out


def test_known_models_need_no_hub(capsys) -> None:
    found = told(capsys, "qwen3-4b", "--gpu", "8", "--context", "4096")
    here, gpu = found["places"]
    assert gpu["fits"] and gpu["parts"]["KV cache"] == 36 * 2 * 1024 * 2 * 4096
    assert found["training"]["qlora"]["GPU memory"] < found["training"]["lora"]["GPU memory"]
    assert found["model"]["source"] and here["tokens_per_second_estimated"] > 0


def test_a_smaller_cache_is_reckoned_with(capsys) -> None:
    whole, small = (
        told(capsys, "qwen3-4b", "--gpu", "8", "--kv", kind)["places"][1]["parts"]["KV cache"]
        for kind in ("f16", "q8_0")
    )
    assert small == pytest.approx(whole * 17 / 32)


def test_without_a_hub_it_says_so_in_a_sentence(capsys) -> None:
    for name in ("someone/model:model-Q4_K_M.gguf", "someone/model", "qwen3.5-0.8b"):
        assert fit(name) == 1
        err = capsys.readouterr().err
        assert "the hub cannot be reached" in err and err.count("\n") == 1
    assert fit("nonsense") == 2
    assert "no such model is known; `assistant models` shows the known ones" in capsys.readouterr().err


def test_a_name_with_a_slip_is_told_the_nearest(capsys) -> None:
    for name, near in (("qwen3-4bb", "qwen3-4b"), ("Llama 3.1 8", "llama-3.1-8b"), ("grok1", "grok-1")):
        assert fit(name) == 2
        assert f"did you mean {near}?" in capsys.readouterr().err


def test_more_than_a_thousand_gigabytes_are_told_as_terabytes(capsys) -> None:
    assert fit("grok-1", "--gpu", "24", "--context", "10000000") == 0
    said = capsys.readouterr().out
    assert re.search(r"\b2\.\d\d TB", said) and not re.search(r"\d{4}\.\d GB", said)


@pytest.mark.parametrize("argv", [("--gpu", "0"), ("--gpu", "-3"), ("--context", "0")])
def test_senseless_numbers_are_refused(capsys, argv) -> None:
    assert fit("grok-1", *argv) == 2
    assert argv[0] in capsys.readouterr().err


def test_a_folder_with_safetensors_is_read(tmp_path, capsys) -> None:
    config = {"model_type": "llama", "hidden_size": 64, "num_hidden_layers": 2, "num_attention_heads": 4}
    config |= {"num_key_value_heads": 2, "intermediate_size": 128, "vocab_size": 100, "max_position_embeddings": 512}
    (tmp_path / "config.json").write_text(json.dumps(config))
    tensors = {"model.embed_tokens.weight": {"dtype": "BF16", "shape": [100, 64], "data_offsets": [0, 12800]}}
    text = json.dumps(tensors).encode()
    (tmp_path / "model.safetensors").write_bytes(struct.pack("<Q", len(text)) + text)
    found = source.header_of(str(tmp_path))
    assert (found.parameters, found.weights, found.embedding) == (6400, 12800, 12800)
    assert (
        told(capsys, str(tmp_path), "--gpu", "1", "--context", "256")["places"][1]["parts"]["KV cache"]
        == 2 * 2 * 32 * 2 * 256
    )
    (tmp_path / "model.safetensors").write_bytes(b"\xff" * 20)
    assert fit(str(tmp_path)) == 1
    assert "header cannot be read" in capsys.readouterr().err


@pytest.fixture
def server(tmp_path):
    """A file server; ``ranges``: whether it sends parts of files; ``sent`` bytes of it."""
    path = toy_models.build(tmp_path / "far.gguf", "llama", 8, 4096)
    state = {"data": path.read_bytes(), "ranges": True, "sent": 0, "path": "/far.gguf"}

    class Handler(BaseHTTPRequestHandler):
        def log_message(self, *_args: object) -> None:
            """Quiet."""

        def do_GET(self) -> None:
            data = state["data"]
            if self.path != state["path"]:
                return self._send(404, b"")
            if not state["ranges"]:
                return self._send(200, data)
            begin, end = (int(place) for place in self.headers["Range"].removeprefix("bytes=").split("-"))
            part = data[begin : end + 1]
            self._send(206 if part else 416, part, f"bytes {begin}-{begin + len(part) - 1}/{len(data)}")

        def _send(self, status: int, body: bytes, span: str = "") -> None:
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            if span:
                self.send_header("Content-Range", span)
            self.end_headers()
            try:
                self.wfile.write(body)
                state["sent"] += len(body)
            except OSError:
                self.close_connection = True

    running = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    state["url"] = f"http://127.0.0.1:{running.server_port}"
    yield state
    running.shutdown()
    running.server_close()


def test_of_a_file_far_away_only_the_header_is_fetched(server, tmp_path) -> None:
    far, near = source.header_of(f"{server['url']}/far.gguf"), source.of_file(tmp_path / "far.gguf")
    assert (far.parameters, far.weights, far.facts) == (near.parameters, near.weights, near.facts)
    assert server["sent"] <= 1 << 20 < len(server["data"])


def test_what_the_far_side_refuses_is_a_sentence(server, capsys) -> None:
    for change, said in (
        ({"ranges": False}, "sends no parts of files"),
        ({"ranges": True, "data": server["data"][:3000]}, "is no GGUF model file"),
        ({"data": b""}, "is no GGUF model file"),
    ):
        server.update(change)
        assert fit(f"{server['url']}/far.gguf") == 1
        assert said in capsys.readouterr().err
    assert fit(f"{server['url']}/other.gguf") == 1
    assert "there is no such file" in capsys.readouterr().err
    assert fit(f"{server['url']}/far.zip") == 2
    assert "must be that of a .gguf file" in capsys.readouterr().err


def written(path, family: str, **facts: int | bool):
    """A GGUF of that family with one tensor."""
    import gguf
    import numpy as np

    writer = gguf.GGUFWriter(path, family)
    for name, value in facts.items():
        add = writer.add_bool if isinstance(value, bool) else writer.add_uint32
        add(f"{family}.{name.replace('__', '.')}", value)
    writer.add_tensor("token_embd.weight", np.zeros((32, 64), np.float32))
    for step in (writer.write_header_to_file, writer.write_kv_data_to_file, writer.write_tensors_to_file, writer.close):
        step()
    return str(path)


@pytest.mark.parametrize(
    ("family", "facts", "said"),
    [
        ("clip", {"vision__embedding_length": 64}, "is the part of a model that sees"),
        ("bert", {"embedding_length": 64, "block_count": 1, "attention__causal": False}, "(bert) and cannot talk"),
        ("qwen3", {"embedding_length": 64, "block_count": 1, "pooling_type": 3}, "(qwen3) and cannot talk"),
    ],
)
def test_what_cannot_talk_is_told_so(tmp_path, capsys, family, facts, said) -> None:
    assert fit(written(tmp_path / "a model.gguf", family, **facts)) == 2
    err = capsys.readouterr().err
    assert said in err and err.count("\n") == 1


def test_a_folder_of_what_cannot_talk_is_told_so(tmp_path, capsys) -> None:
    config = {"model_type": "bert", "architectures": ["BertModel"], "hidden_size": 64, "num_hidden_layers": 2}
    (tmp_path / "config.json").write_text(json.dumps(config))
    text = json.dumps({"a": {"dtype": "F32", "shape": [2, 2], "data_offsets": [0, 16]}}).encode()
    (tmp_path / "model.safetensors").write_bytes(struct.pack("<Q", len(text)) + text)
    assert fit(str(tmp_path)) == 2
    assert f"{tmp_path}: its config.json is that of a BertModel, which cannot talk" in capsys.readouterr().err


def test_the_page_about_a_file_is_taken_for_the_file(server, tmp_path) -> None:
    server["path"] = "/owner/repo/resolve/main/far.gguf"
    far = source.header_of(f"{server['url']}/owner/repo/blob/main/far.gguf")
    assert far.parameters == source.of_file(tmp_path / "far.gguf").parameters


def test_an_address_of_safetensors_is_told_what_to_give(capsys) -> None:
    assert fit("https://hub.example/owner/repo/resolve/main/model.safetensors") == 2
    assert "give OWNER/REPO" in capsys.readouterr().err


def test_no_name_and_what_hears_or_speaks_are_told_so(capsys) -> None:
    for name, said in ((" ", "which model?"), ("whisper-base", "whisper-base is no language model; it takes ")):
        assert fit(name) == 2
        assert said in capsys.readouterr().err
