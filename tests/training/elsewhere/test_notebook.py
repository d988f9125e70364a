"""The Colab notebook: valid, complete, and its cells run, here with stand-ins for Colab, Unsloth and TRL."""

from __future__ import annotations

import ast
import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from assistant.cli import main
from training.elsewhere import notebook
from training.plan import steps as plan
from training.recipe import Recipe
from training.rows import Row

SAMPLES = Path(__file__).parents[3] / "training" / "samples"
ROWS = [
    Row(({"role": "user", "content": f'Grüße {n}, "so"?\n'}, {"role": "assistant", "content": f"Answer {n} ✓"}))
    for n in range(26)
]
RECIPE = Recipe(
    method="qlora",
    epochs=3,
    batch=4,
    accumulate=2,
    learning_rate=1e-4,
    rank=8,
    alpha=24,
    dropout=0.1,
    warmup=0.1,
    length=256,
    patience=2,
    seed=5,
)


def build(**changes: object) -> tuple[dict, str | None]:
    given = {
        "name": "pirate",
        "recipe": RECIPE,
        "model": "unsloth/a-model",
        "system": "Be 'brief'.",
        "train": ROWS[:20],
        "held_out": ROWS[20:],
        "kinds": ["q8_0", "q4_k_m"],
        "gigabytes": 0.001,
        **changes,
    }
    return notebook.build(**given)


def source(cell: dict) -> str:
    return "".join(cell["source"])


def code(document: dict) -> list[str]:
    return [source(cell) for cell in document["cells"] if cell["cell_type"] == "code"]


def python(text: str) -> str:
    """A cell without IPython's own lines."""
    lines = text.splitlines()
    return "\n".join(line for line in lines if not line.startswith(("%", "!")))


def test_it_is_a_notebook_of_format_4_5() -> None:
    document = json.loads(json.dumps(build()[0]))
    assert (document["nbformat"], document["nbformat_minor"]) == (4, 5)
    assert document["metadata"]["kernelspec"]["name"] == "python3" and document["metadata"]["accelerator"] == "GPU"
    ids = [cell["id"] for cell in document["cells"]]
    assert len(set(ids)) == len(ids) and all(re.fullmatch(r"[a-zA-Z0-9-_]{1,64}", one) for one in ids)
    for cell in document["cells"]:
        keys = {"cell_type", "id", "metadata", "source"}
        assert set(cell) == keys | ({"execution_count", "outputs"} if cell["cell_type"] == "code" else set())
        assert cell["cell_type"] in ("markdown", "code") and all(isinstance(line, str) for line in cell["source"])
        assert cell.get("execution_count") is None and not cell.get("outputs")
        assert all(line.endswith("\n") for line in cell["source"][:-1])


def test_every_cell_is_python_but_for_lines_of_ipython() -> None:
    trees = [ast.parse(python(text)) for text in code(build()[0])]
    assert sum(bool(tree.body) for tree in trees) >= 5


def test_it_tells_data_steps_and_why_checkpoints_go_to_drive() -> None:
    document, _ = build()
    title = source(document["cells"][0])
    assert "20 rows to learn from, 6 held out" in title and "12 hours" in title and "checkpoints go to Drive" in title
    assert all(line in title for line in plan.written(RECIPE, 20))
    assert "(`forget`)" in title


def test_prompts_and_labels_are_made_by_the_same_files_as_here() -> None:
    carried = {
        text.split("\n")[0].split()[-1]: text.split("\n", 1)[1]
        for text in code(build()[0])
        if text.startswith("%%writefile")
    }
    assert "training/chat.py" in carried and "rag/templates.py" in carried
    for name, text in carried.items():  # and they need nothing else of these packages
        assert text + "\n" == (SAMPLES.parents[1] / name).read_text(encoding="utf-8")
        needed = re.findall(r"^from (training|rag)(?:\.| import )(\w+)", text, re.MULTILINE)
        assert {"/".join(one) + ".py" for one in needed} <= set(carried) and "from assistant" not in text


def test_versions_of_what_decides_are_pinned() -> None:
    install = code(build()[0])[0]
    for name in ("unsloth", "unsloth_zoo", "trl", "transformers", "peft", "datasets", "bitsandbytes"):
        assert re.search(rf"\b{name}==\d", install), name


def test_data_too_large_for_a_notebook_is_asked_for_and_checked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(notebook, "_MOST", 10)
    document, beside = build()
    assert json.loads(beside)["train"][3]["messages"] == list(ROWS[3].messages)
    (cell,) = [text for text in code(document) if "files.upload()" in text]
    assert "pirate-data.json" in cell and "hashlib.sha256" in cell
    assert len(json.dumps(document)) < 60_000


STANDINS = '''
import builtins, json, sys, types
from pathlib import Path

LOG = {}


def module(name, **content):
    sys.modules[name] = types.ModuleType(name)
    sys.modules[name].__dict__.update(content)
    return sys.modules[name]


class Any:
    """Stands for a tokenizer, a model, a trainer: everything can be asked for and called."""

    def __init__(self, *args, **options):
        self.options = options

    def __getattr__(self, name):
        return Any()

    def __call__(self, *args, **options):
        return Any()

    def __getitem__(self, place):
        return Any()


class Tokenizer(Any):
    pad_token, eos_token = None, "<end>"
    decode = staticmethod(lambda ids: f"{len(ids)} ids")


class Model(Any):
    device = "cpu"

    def save_pretrained(self, folder):
        Path(folder).mkdir(parents=True)
        LOG["adapter"] = folder

    def save_pretrained_gguf(self, folder, tokenizer, quantization_method):
        Path(folder + "_gguf").mkdir()
        for kind in quantization_method:
            Path(folder + "_gguf", f"M.{kind.upper()}.gguf").write_text("weights")
        Path(folder + "_gguf", "M.F16.gguf").write_text("not wanted")


class Unsloth:
    @staticmethod
    def from_pretrained(**options):
        LOG["load"] = options
        return Model(), Tokenizer()

    @staticmethod
    def get_peft_model(model, **options):
        LOG["lora"] = options
        return model

    for_inference = staticmethod(lambda model: None)


class Trainer(Any):
    def __init__(self, **options):
        LOG["arguments"] = options["args"].options
        LOG["rows"] = [len(options["train_dataset"]), len(options["eval_dataset"])]
        LOG["first"] = options["train_dataset"][0]
        LOG["patience"] = [one.patience for one in options["callbacks"]]

    def train(self, resume_from_checkpoint):
        LOG.setdefault("resumed", []).append(resume_from_checkpoint)


class Stopping:
    def __init__(self, patience):
        self.patience = patience


class Chat:
    ends, end = [2], 2

    def __init__(self, tokenizer):
        pass

    def example(self, row, system):
        return self.prompt(row.prompt(system)), [7] * len(row.answer.split()) + [2]

    def prompt(self, messages):
        return [1] * len(messages)

    text = staticmethod(lambda ids: "said")


GPU = types.SimpleNamespace(
    is_available=lambda: True, get_device_name=lambda number: "Tesla T4", is_bf16_supported=lambda: False,
    get_device_properties=lambda number: types.SimpleNamespace(total_memory=16e9), max_memory_reserved=lambda: 7e9)
module("torch", cuda=GPU, tensor=lambda ids, device: Any(), ones_like=lambda ids: Any())
module("unsloth", FastLanguageModel=Unsloth)
module("datasets", Dataset=types.SimpleNamespace(from_list=lambda rows: rows))
module("transformers", DataCollatorForSeq2Seq=Any, EarlyStoppingCallback=Stopping)
module("trl", SFTConfig=Any, SFTTrainer=Trainer)
module("google"), module("google.colab", files=types.SimpleNamespace(download=lambda path: LOG.setdefault(
    "downloads", []).append(path)), drive=types.SimpleNamespace(mount=lambda path: None))
'''


def run(document: dict, folder: Path, checkpoint: bool = False) -> tuple[dict, str]:
    """All cells in one interpreter, as Colab runs them; what the stand-ins were told, and the output."""
    text = STANDINS
    for cell in code(document):
        if cell.startswith("%%writefile"):
            name, _, body = cell.partition("\n")
            path = folder / name.split()[1]
            path.parent.mkdir(exist_ok=True)
            path.write_text(body + "\n", encoding="utf-8")
            continue
        if "Chat(tokenizer)" in cell:
            text += "\nimport training.chat\nassert training.chat.__file__.startswith(str(Path.cwd()))\n"
            text += "training.chat.Chat = Chat\n"
        drive = repr(str(folder / "drive"))
        text += "\n" + python(cell).replace('"/content/drive/MyDrive/assistant-training"', drive) + "\n"
    for package in ("training", "rag"):
        (folder / package / "__init__.py").touch()
    if checkpoint:
        (folder / "drive" / "pirate" / "checkpoints" / "checkpoint-2").mkdir(parents=True)
    text += "\nprint(); print(json.dumps(LOG))\n"
    done = subprocess.run([sys.executable, "-c", text], cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    output, _, log = done.stdout.strip().rpartition("\n")
    return json.loads(log), output


def test_its_cells_run_from_the_data_to_the_download_with_the_recipes_numbers(tmp_path: Path) -> None:
    log, output = run(build()[0], tmp_path)
    assert log["load"] == {
        "model_name": "unsloth/a-model",
        "trust_remote_code": False,
        "max_seq_length": 256,
        "dtype": None,
        "load_in_4bit": True,
        "full_finetuning": False,
    }
    assert (log["lora"]["r"], log["lora"]["lora_alpha"], log["lora"]["lora_dropout"]) == (8, 24, 0.1)
    arguments, counted = log["arguments"], plan.steps(RECIPE, 20)
    wanted = {
        "max_steps": counted.total,
        "per_device_train_batch_size": 4,
        "gradient_accumulation_steps": 2,
        "learning_rate": 1e-4,
        "warmup_steps": 1,
        "seed": 5,
        "max_length": 256,
        "packing": False,
        "bf16": False,
        "fp16": True,
        "eval_steps": 1,
        "save_steps": 1,
        "load_best_model_at_end": True,
    }
    assert {key: arguments[key] for key in wanted} == wanted
    assert arguments["output_dir"] == str(tmp_path / "drive" / "pirate" / "checkpoints")
    assert log["rows"] == [20, 6] and log["patience"] == [2] and log["resumed"] == [False]
    assert log["first"]["labels"] == [-100, -100, 7, 7, 7, 2]  # only the answer and the end of the turn
    assert log["first"]["input_ids"] == [1, 1, 7, 7, 7, 2]
    assert log["downloads"] == ["export_gguf/M.Q4_K_M.gguf", "export_gguf/M.Q8_0.gguf"]
    assert sorted(path.name for path in (tmp_path / "drive" / "pirate").iterdir()) == [
        "adapter",
        "pirate-M.Q4_K_M.gguf",
        "pirate-M.Q8_0.gguf",
    ]
    assert "assistant models use M.Q8_0.gguf" in output and "Be 'brief'." in output


def test_after_a_broken_session_it_goes_on_from_the_checkpoint(tmp_path: Path) -> None:
    log, _ = run(build(recipe=Recipe(method="full", patience=0))[0], tmp_path, checkpoint=True)
    assert log["resumed"] == [True]
    assert log["load"]["full_finetuning"] and "lora" not in log and log["patience"] == []


def test_the_command_writes_a_notebook_and_says_who_can_read_the_rows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    shutil.copy(SAMPLES / "persona.jsonl", tmp_path / "persona.jsonl")
    assert main(["train", "notebook", "persona.jsonl", "--rank", "32"]) == 0
    document = json.loads((tmp_path / "persona.ipynb").read_text(encoding="utf-8"))
    settings = next(text for text in code(document) if text.startswith("NAME"))
    found: dict = {}
    exec(settings, found)
    assert found["RECIPE"]["method"] == "qlora" and found["RECIPE"]["rank"] == 32 and found["NAME"] == "persona"
    assert 40 < found["EXPORT_GB"] < 60  # 8 billion weights: fetched in 4 bits, merged, f16, q8_0, q4_k_m
    said = capsys.readouterr()
    assert "whoever has the file can read them" in said.out and "Meta's licence" in said.err
