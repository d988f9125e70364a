"""From a trained run to files that the live assistant loads; only what passes the gate is kept, and nothing is lost."""

from __future__ import annotations

import dataclasses
import io
import json
import tomllib
from pathlib import Path
from types import SimpleNamespace

import pytest

from assistant import cli, config
from tests.data import tiny_gguf
from training import runs
from training.errors import TrainingError
from training.export import build, parity
from training.export import run as export
from training.fit.base import Base
from training.plan import shape
from training.recipe import Recipe
from training.rows import Row, write

SHIPPED = Path(__file__).parents[3] / "config.toml"


def row(question: str, answer: str) -> Row:
    return Row(({"role": "user", "content": question}, {"role": "assistant", "content": answer}))


@pytest.fixture
def home(tmp_path, monkeypatch) -> Path:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.delenv("ASSISTANT_LLM__MODEL", raising=False)
    from assistant.tuned import home

    return home()


def trained(home: Path, name: str = "tom", base: Path | None = None, **given) -> runs.Run:
    """A run on record, with an adapter folder and rows."""
    run = runs.new_run(home, name)
    facts = {
        "base": str(base or tiny_gguf()),
        "base_name": "stories260K-f32",
        "base_hash": "h",
        "state": "trained",
        "licence": "mit",
        "system": "Be brief.",
        "recipe": dataclasses.asdict(Recipe(rank=4)),
        "rows": 6,
        "data_hash": "d" * 16,
        "trainer": "trl",
        "metrics": {"held_out_loss": 0.5, "style_before": 0.1, "style_after": 0.9},
    }
    for key, value in (facts | given).items():
        setattr(run, key, value)
    (run.folder / "adapter").mkdir()
    write(
        run.folder / "data" / "train.jsonl",
        [row(f"Who is {name}?", f"{name} is a cat.") for name in ("Tom", "Lily", "Max", "Sue", "Ben", "Ann")],
    )
    write(
        run.folder / "data" / "held-out.jsonl",
        [row("Who is Tim?", "Tim is a dog."), row("Who is Mia?", "Mia is a bird.")],
    )
    run.save()
    return run


def base_of(gguf: Path | None = None) -> Base:
    return Base(Path("/nowhere"), "stories", "h", "mit", gguf)


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

    def answers(live, rows, system, merged, progress):
        wrong = dataclasses.replace(SAID, prompt=(1, 3))
        return [wrong if live.kind in state.bad else SAID for _ in rows]

    def open_live(model, adapter):
        kind = (adapter or model).name.removeprefix(f"{state.run.name}-")
        assert (adapter is not None) == (kind == "adapter")
        state.asked.append(kind)
        return SimpleNamespace(kind=kind, close=lambda: state.asked.append(f"closed {kind}"))

    monkeypatch.setattr(export, "_reference", reference)
    monkeypatch.setattr(export.build, "make", make)
    monkeypatch.setattr(export.parity, "answers", answers)

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


# ---- Ollama ------------------------------------------------------------------------------------------------------


def tokenizer(template: str, bos: bool = False):
    from jinja2 import Environment

    def render(messages, tokenize, add_generation_prompt, enable_thinking):
        return (
            Environment().from_string(template).render(messages=messages, add_generation_prompt=add_generation_prompt)
        )

    class Tokenizer:
        bos_token, bos_token_id = "<s>", 1
        apply_chat_template = staticmethod(render)

        def __call__(self, text):
            return SimpleNamespace(input_ids=[1, 5] if bos else [5])

    return Tokenizer()


CHATML = (
    "{% for m in messages %}<|im_start|>{{ m.role }}\n{{ m.content }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)


def test_chat_template_becomes_ollamas():
    from training.export.modelfile import ollama_template

    assert ollama_template(tokenizer(CHATML)) == (
        "{{ if .System }}<|im_start|>system\n{{ .System }}<|im_end|>\n{{ end }}{{ if .Prompt }}<|im_start|>user\n"
        "{{ .Prompt }}<|im_end|>\n<|im_start|>assistant\n{{ end }}{{ .Response }}<|im_end|>\n"
    )
    assert ollama_template(tokenizer("<s>" + CHATML, bos=True)) == ollama_template(tokenizer(CHATML))


@pytest.mark.parametrize(
    "template",
    [
        "{{ raise_exception('no') }}",
        "{{ messages|length }}" + CHATML,
        "{% if messages[0].role == 'user' %}" + CHATML + "{% endif %}",
        "{% for m in messages %}{{ loop.index }}{{ m.content }}{% endfor %}",
    ],
)
def test_template_that_cannot_be_taken_apart_gives_none(template):
    from training.export.modelfile import ollama_template

    assert ollama_template(tokenizer(template)) == ""


# ---- switching ---------------------------------------------------------------------------------------------------


@pytest.fixture
def exported(home, tmp_path):
    """A run with an adapter and a Q8_0 file that passed, and a config.toml to switch in."""
    run = trained(home)
    for kind in ("q8_0", "adapter"):
        file = run.folder / "export" / f"tom-{kind}.gguf"
        file.parent.mkdir(exist_ok=True)
        file.write_bytes(tiny_gguf().read_bytes())
        run.exports[kind] = {"file": f"export/{file.name}", "bytes": 1}
    run.save()
    (tmp_path / "config.toml").write_bytes(SHIPPED.read_bytes())
    return run


def llm(tmp_path: Path) -> dict:
    return tomllib.loads((tmp_path / "config.toml").read_text())["llm"]


def use(tmp_path: Path, *argv: str) -> int:
    return cli.main([*argv, "--config", str(tmp_path / "config.toml")])


def test_use_sets_model_and_adapter_and_base_goes_back(exported, tmp_path, capsys):
    assert use(tmp_path, "train", "use", "tom") == 0
    assert "was trained with another [llm] system_prompt" in capsys.readouterr().out
    assert llm(tmp_path)["model"] == str(tiny_gguf().resolve())
    assert llm(tmp_path)["adapter"] == str(exported.folder / "export" / "tom-adapter.gguf")
    assert use(tmp_path, "train", "use", "tom", "--kind", "q8_0") == 0
    assert llm(tmp_path)["model"].endswith("tom-q8_0.gguf") and llm(tmp_path)["adapter"] == ""
    assert use(tmp_path, "train", "use", "base") == 0
    assert llm(tmp_path)["model"] == str(tiny_gguf().resolve()) and llm(tmp_path)["adapter"] == ""


@pytest.mark.parametrize("way", [("train", "use"), ("models", "use")])
def test_a_run_of_the_bundled_model_goes_back_to_bundled(exported, tmp_path, way):
    from assistant.llm import gguf

    exported.base = str(gguf.bundled())
    exported.system = config.Settings().llm.system_prompt
    exported.save()
    assert use(tmp_path, *way, "tom") == 0
    assert llm(tmp_path)["model"] == "bundled" and llm(tmp_path)["adapter"].endswith("tom-adapter.gguf")
    assert use(tmp_path, *way, "base") == 0
    assert (tmp_path / "config.toml").read_bytes() == SHIPPED.read_bytes()


@pytest.mark.parametrize(
    ("argv", "message", "code"),
    [
        (["tam"], "there is no training run tam; there are: tom", 2),
        (["tom", "--kind", "f16"], "has no export f16", 2),
        (["base", "--kind", "f16"], "base has none", 2),
    ],
)
def test_use_of_what_is_not_there_changes_nothing(exported, tmp_path, capsys, argv, message, code):
    assert use(tmp_path, "train", "use", *argv) == code
    assert message in capsys.readouterr().err and (tmp_path / "config.toml").read_bytes() == SHIPPED.read_bytes()


def test_use_refuses_a_run_without_a_passed_export_and_one_whose_file_is_gone(exported, tmp_path, capsys):
    (exported.folder / "export" / "tom-adapter.gguf").unlink()
    assert use(tmp_path, "train", "use", "tom") == 2
    assert "there is no such model file" in capsys.readouterr().err
    exported.exports = {"merged": {"file": "export/tom-merged", "bytes": 1}}
    exported.save()
    assert use(tmp_path, "train", "use", "tom") == 2
    assert "no export that passed the parity gate; make one: assistant train export tom" in capsys.readouterr().err


def test_models_lists_how_each_tuned_one_was_made_and_which_is_used(exported, tmp_path, capsys):
    use(tmp_path, "train", "use", "tom", "--kind", "q8_0")
    capsys.readouterr()
    assert use(tmp_path, "models") == 0
    out = capsys.readouterr().out
    line = next(line for line in out.splitlines() if "stories260K-f32" in line and "tom" in line and "6 rows" in line)
    for part in ("*", "mit", "d" * 16, "lora 4, 5 epochs, 0.0003", "style 10% to 90%", "q8_0, adapter"):
        assert part in line
    assert use(tmp_path, "models", "--json") == 0
    [tuned] = json.loads(capsys.readouterr().out)["tuned"]
    assert tuned["in_use"] == "q8_0" and tuned["recipe"]["rank"] == 4 and tuned["metrics"]["held_out_loss"] == 0.5
    assert Path(tuned["exports"]["adapter"]["file"]).is_file()


# ---- for real ----------------------------------------------------------------------------------------------------


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
