"""From a trained run to files that the live assistant loads; only what passes the gate is kept, and nothing is lost."""

from __future__ import annotations

import dataclasses
import io
from pathlib import Path
from types import SimpleNamespace

import pytest

from assistant import cli
from tests.data import tiny_gguf
from tests.training.export.on_record import SHIPPED, base_of, row, trained, use
from training import runs
from training.errors import TrainingError
from training.export import build, parity
from training.export import run as export
from training.plan import shape

# ---- which kinds -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("own", "wanted", "kinds"),
    [
        ("q4_1", [], ["adapter", "q8_0"]),
        ("q8_0", [], ["adapter", "f16"]),
        ("q4_1", ["q4_0", "F16".lower()], ["f16", "q4_0"]),
        ("f16", ["f16"], ["f16"]),
    ],
)
def test_kinds_in_their_order_and_the_defaults(home, monkeypatch, own, wanted, kinds):
    monkeypatch.setattr(build, "type_of", lambda path: own)
    assert export.choose(trained(home), base_of(tiny_gguf()), wanted) == kinds


@pytest.mark.parametrize("own", ["q4_1", "q8_0", "q4_0", "q4_k_m"])
def test_the_base_models_own_type_is_refused_with_the_reason(home, monkeypatch, own):
    monkeypatch.setattr(build, "type_of", lambda path: own)
    with pytest.raises(
        TrainingError, match=f"{own} is the type of the base.*remove most of what was trained; take"
    ) as caught:
        export.choose(trained(home), base_of(tiny_gguf()), [own])
    assert not str(caught.value).endswith(f"take {own} or adapter")


def test_what_cannot_be_made_is_refused_before_any_work(home, monkeypatch):
    monkeypatch.setattr(build, "type_of", lambda path: "")
    run = trained(home)
    with pytest.raises(TrainingError, match="q9 is not a kind of export; there are adapter, merged"):
        export.choose(run, base_of(), ["q9"])
    with pytest.raises(TrainingError, match="not a GGUF file, so there is nothing for an adapter"):
        export.choose(run, base_of(), ["adapter"])
    assert export.choose(run, base_of(), []) == ["q8_0"]
    (run.folder / "adapter").rmdir()
    (run.folder / "model").mkdir()
    with pytest.raises(TrainingError, match="trained whole"):
        export.choose(run, base_of(tiny_gguf()), ["adapter"])
    assert export.choose(run, base_of(tiny_gguf()), []) == ["q8_0"]


def test_type_of_a_gguf_is_read_from_it(tmp_path):
    from assistant.llm import gguf, llamacpp

    assert build.type_of(gguf.bundled()) == "q4_1"
    llamacpp.requantise(tiny_gguf(), tmp_path / "tiny.gguf", 7)
    assert build.type_of(tmp_path / "tiny.gguf") == "q8_0" and build.type_of(None) == ""


def test_file_that_tells_other_programs_something_else_is_refused(home):
    facts = shape.facts(tiny_gguf())
    run = trained(home, facts["general.name"], licence="")
    end = facts["tokenizer.ggml.eos_token_id"]
    for template, number, wrong in (
        (None, end, ""),
        ("other", end, "tokenizer.chat_template = None instead of 'other'"),
        (None, end + 1, "tokenizer.ggml.eos_token_id"),
    ):
        known = SimpleNamespace(chat_template=template, eos_token_id=number)
        if wrong:
            with pytest.raises(TrainingError, match=wrong):
                build.check_metadata(run, "f16", tiny_gguf(), known)
        else:
            build.check_metadata(run, "f16", tiny_gguf(), known)
    with pytest.raises(TrainingError, match="general.type"):
        build.check_metadata(run, "adapter", tiny_gguf(), known)


def test_half_of_the_prompts_are_held_out_questions_and_the_rest_general():
    held_out, general = ([row(f"{kind} {number}", "x") for number in range(30)] for kind in "hg")

    def counted(*given) -> tuple[int, int]:
        asked = [one.question[0] for one in export._asked(*given)]
        return asked.count("h"), asked.count("g")

    assert counted(held_out, general, 20) == (10, 10)
    assert counted(held_out[:3], general, 20) == (3, 17)
    assert counted(held_out, general[:4], 20) == (16, 4)
    assert counted(held_out, general, 1) == (1, 0)


# ---- the course of an export, with torch and llama.cpp's tools replaced ------------------------------------------------


SAID = parity.Said((1, 2), (5, 9), "Tom is a cat.", True, (-0.1, -0.01), ({}, {}))


@pytest.fixture
def scripted(home, monkeypatch):
    """``bad``: kinds whose export answers wrongly; ``stop``: the kind in the middle of which something is raised."""
    state = SimpleNamespace(bad=set(), stop={}, asked=[], shown=[], run=trained(home), free=1e12)
    monkeypatch.setattr(
        export.shape,
        "of",
        lambda path: SimpleNamespace(parameters=1000, lora=lambda rank: 10, hidden=256, vocabulary=10),
    )
    monkeypatch.setattr(export.memory, "free", lambda path: {"disk": state.free, "RAM": 1e12})
    monkeypatch.setattr(export.converter, "folder", lambda cache, say: cache)
    monkeypatch.setattr(export, "tokenizer_of", lambda folder: None)
    monkeypatch.setattr(export.build, "check_metadata", lambda *given: None)
    monkeypatch.setattr(export.modelfile, "text", lambda *given: "FROM it")

    def reference(run, base, folder, tokenizer, asked, trained, sampler, report, show):
        folder.mkdir()
        (folder / "model.safetensors").write_bytes(b"weights")
        return [SAID] * (len(asked) + len(trained)), None

    def make(run, base, kind, scratch, converter_folder, show):
        if error := state.stop.get(kind):
            raise error
        made = scratch / f"{run.name}-{kind}"
        if kind == "merged":
            made.mkdir()
            (made / "model.safetensors").write_bytes(b"new merged")
        else:
            made.write_bytes(f"new {kind}".encode())
        return made

    def ask(live, rows, system, merged, progress):
        wrong = dataclasses.replace(SAID, prompt=(1, 3))
        return [wrong if live.kind in state.bad else SAID for _ in rows]

    def open_live(model, adapter):
        kind = (adapter or model).name.removeprefix(f"{state.run.name}-")
        assert (adapter is not None) == (kind == "adapter")
        state.asked.append(kind)
        return SimpleNamespace(kind=kind, close=lambda: state.asked.append(f"closed {kind}"))

    monkeypatch.setattr(export, "_reference", reference)
    monkeypatch.setattr(export.build, "make", make)
    monkeypatch.setattr(export.parity, "ask", ask)

    def go(*kinds: str) -> export.ExportReport:
        return export.export(
            state.run,
            base_of(tiny_gguf()),
            kinds,
            [row("Capital of Spain?", "Madrid")],
            4,
            home,
            open_live,
            lambda: None,
            lambda text: None,
            lambda what, *_: state.shown.append((what, len(state.asked))),
        )

    state.go = go
    state.files = lambda: sorted(path.name for path in (state.run.folder / "export").iterdir())
    state.record = lambda: runs.open_run(home, "tom").exports
    return state


def test_what_passed_is_kept_and_on_record_with_its_numbers(scripted):
    report = scripted.go("adapter", "merged", "q8_0")
    assert report.refused == [] and scripted.asked == ["adapter", "closed adapter", "q8_0", "closed q8_0"]
    assert scripted.files() == ["Modelfile-adapter", "Modelfile-q8_0", "tom-adapter", "tom-merged", "tom-q8_0"]
    record = scripted.record()
    assert record["q8_0"]["file"] == "export/tom-q8_0" and record["q8_0"]["bytes"] == len("new q8_0")
    numbers = {"prompts": 3, "ids": 1.0, "stops": 1.0, "text": 1.0, "drift": 0.0, "trained": 6}
    assert record["q8_0"] | numbers == record["q8_0"]
    assert "style" not in record["q8_0"]  # NaN is no JSON
    assert "drift" not in record["merged"]


def test_each_step_is_told_as_it_begins_and_not_when_it_is_done(scripted):
    scripted.go("adapter", "q8_0")
    assert scripted.shown == [("loading torch and the base model", 0), ("asking adapter", 0), ("asking q8_0", 2)]


def test_refused_export_is_not_kept_and_the_older_one_stays(scripted):
    scripted.go("q8_0")
    old = scripted.run.folder / "export" / "tom-q8_0"
    old.write_bytes(b"older")
    scripted.bad = {"q8_0"}
    report = scripted.go("q8_0", "f16")
    assert [outcome.kind for outcome in report.refused] == ["q8_0"] and report.refused[0].parity.differences
    assert old.read_bytes() == b"older" and scripted.files() == [
        "Modelfile-f16",
        "Modelfile-q8_0",
        "tom-f16",
        "tom-q8_0",
    ]
    assert set(scripted.record()) == {"q8_0", "f16"}


def test_refused_export_that_is_new_leaves_no_file(scripted):
    scripted.bad = {"q8_0"}
    scripted.go("q8_0")
    assert scripted.files() == [] and scripted.record() == {}


@pytest.mark.parametrize(
    ("error", "raised", "message"),
    [
        (KeyboardInterrupt(), KeyboardInterrupt, None),
        (
            OSError(28, "No space left on device"),
            TrainingError,
            "the disk of .* is full; what was exported before is whole",
        ),
        (RuntimeError("not enough memory: you tried to allocate"), TrainingError, "out of memory"),
    ],
)
def test_whatever_ends_it_what_was_finished_stays_and_nothing_half_made(scripted, error, raised, message):
    scripted.go("merged")
    scripted.stop = {"q8_0": error}
    with pytest.raises(raised, match=message):
        scripted.go("adapter", "q8_0")
    assert scripted.files() == ["Modelfile-adapter", "tom-adapter", "tom-merged"]
    assert set(scripted.record()) == {"adapter", "merged"}


def test_merged_weights_are_replaced_whole(scripted):
    scripted.go("merged")
    (scripted.run.folder / "export" / "tom-merged" / "stale.json").touch()
    scripted.go("merged")
    assert [path.name for path in (scripted.run.folder / "export" / "tom-merged").iterdir()] == ["model.safetensors"]


def test_what_a_killed_export_left_is_removed_and_a_running_ones_stays(scripted):
    import os

    folder = scripted.run.folder / "export"
    for pid in (2**22 + 1, os.getppid()):
        (folder / f".making-{pid}").mkdir(parents=True)
    scripted.go("q8_0")
    assert scripted.files() == [f".making-{os.getppid()}", "Modelfile-q8_0", "tom-q8_0"]


def test_exports_that_another_process_put_on_record_stay(scripted):
    other = runs.open_run(scripted.run.folder.parent, "tom")
    other.exports["f16"] = {"file": "export/x", "bytes": 1}
    other.save()
    scripted.go("q8_0")
    assert set(scripted.record()) == {"f16", "q8_0"}


def test_too_little_disk_unfinished_runs_and_changed_bases_are_told_at_once(scripted):
    scripted.free = 3000
    with pytest.raises(TrainingError, match=r"exporting f16, q8_0 needs 0.0 GB in .*free some space"):
        scripted.go("f16", "q8_0")
    scripted.free = 1e12
    scripted.run.base_hash = "other"
    with pytest.raises(TrainingError, match="no longer the model that tom was trained on"):
        scripted.go("q8_0")
    scripted.run.base_hash, scripted.run.state = "h", "stopped"
    with pytest.raises(TrainingError, match="tom is not trained yet .*--resume --name tom"):
        scripted.go("q8_0")
    scripted.run.state = "trained"
    (scripted.run.folder / "adapter").rmdir()
    with pytest.raises(TrainingError, match="the weights of tom are gone"):
        scripted.go("q8_0")


# ---- for real ----------------------------------------------------------------------------------------------------


@pytest.mark.slow
def test_real_export_of_a_real_adapter(home, tmp_path, capsys):
    """Every tool as it is, on a model with a SentencePiece vocabulary, whose tokens the converter would change."""
    for package in ("torch", "transformers", "peft"):
        pytest.importorskip(package)
    from training.export import converter
    from training.fit import weights

    if not converter.present(Path("nowhere")):
        pytest.skip("llama.cpp's converter is not here; run: python -m training.export.converter")
    weights.quiet()
    import torch
    from peft import LoraConfig, get_peft_model

    from assistant.tuned import cache
    from training.fit import base

    ready = base.prepare(str(tiny_gguf()), cache(), lambda text: None)
    run = trained(home, base_hash=ready.hash, licence="mit")
    torch.manual_seed(0)
    model = get_peft_model(weights.load(ready.folder), LoraConfig(r=4, lora_alpha=8, target_modules="all-linear"))
    for name, weight in model.named_parameters():
        if "lora_B" in name:
            torch.nn.init.normal_(weight, std=0.05)
    model.save_pretrained(str(run.folder / "adapter"))
    (tmp_path / "config.toml").write_bytes(SHIPPED.read_bytes())

    argv = ["train", "export", "tom", "--prompts", "8", "--kind", "f16", "--kind", "adapter"]
    assert use(tmp_path, *argv) == 0, capsys.readouterr().err
    assert "assistant train use tom" in capsys.readouterr().out
    record = runs.open_run(home, "tom").exports
    for kind in ("f16", "adapter"):
        numbers = record[kind]
        assert numbers["ids"] == numbers["stops"] == 1.0 and numbers["settled"] >= 0.98 and numbers["drift"] < 0.02
    facts = shape.facts(run.folder / record["f16"]["file"])
    assert facts["general.name"] == "tom" and facts["general.license"] == "mit"
    assert facts["tokenizer.ggml.eos_token_id"] == 2 and "User: " in facts["tokenizer.chat_template"]
    assert "FROM ./tom-F16.gguf" in (run.folder / "export" / "Modelfile-f16").read_text()
    assert str(home) not in (run.folder / record["adapter"]["file"]).read_bytes().decode("latin-1")  # no paths of ours

    assert use(tmp_path, "train", "use", "tom") == 0
    capsys.readouterr()
    assert (
        cli.main(
            [
                "ask",
                "Who is Tom?",
                "--config",
                str(tmp_path / "config.toml"),
                "--set",
                "llm.system_prompt=Be brief.",
                "--set",
                "llm.max_tokens=8",
            ]
        )
        == 0
    )
    assert capsys.readouterr().out.strip()


def test_work_of_unknown_length_does_not_take_the_length_of_the_work_before_it(monkeypatch):
    import rich.console
    import rich.progress

    from assistant.cli.train.export import _screen

    bars = []

    class Bar(rich.progress.Progress):
        def __init__(self, *columns, **options) -> None:
            super().__init__(*columns, **options)
            bars.append(self)

    class Terminal(rich.console.Console):
        def __init__(self, **_) -> None:
            super().__init__(file=io.StringIO(), force_terminal=True)

    monkeypatch.setattr(rich.progress, "Progress", Bar)
    monkeypatch.setattr(rich.console, "Console", Terminal)
    with _screen() as (_, show):
        show("asking q8_0", 3, 20)
        show("loading torch", 0, 0)
        (task,) = bars[0].tasks
        assert (task.description, task.total, task.completed) == ("loading torch", None, 0)
