"""What a training run decides, with no model in it."""

from __future__ import annotations

import errno
import fcntl
import os
import signal
from pathlib import Path
from types import SimpleNamespace

import pytest

from training.errors import TrainingError
from training.fit import baseline, weights
from training.fit import run as fit
from training.fit.base import Base
from training.recipe import Recipe
from training.rows import Row
from training.runs import Run, new_run, open_run

pytest.importorskip("transformers")


def row(question: str, answer: str = "Yes.", kind: str = "", line: int = 0) -> Row:
    return Row(({"role": "user", "content": question}, {"role": "assistant", "content": answer}), line, kind)


def nothing(*_: object) -> None:
    pass


class Letters:
    """A chat whose tokens are letters; 0 ends a turn."""

    def example(self, row: Row, system: str):
        return [ord(letter) for letter in system + row.question], [*(ord(letter) for letter in row.answer), 0]


# ---- what is learned ----


def test_only_the_answer_and_the_end_of_the_turn_are_learned():
    from training.fit import trainer

    encoded = trainer.encode(Letters(), [row("ab", "cd")], "s", 100)
    assert encoded == [{"input_ids": [115, 97, 98, 99, 100, 0], "labels": [-100, -100, -100, 99, 100, 0]}]


def test_rows_that_are_too_long_are_named_not_cut():
    from training.fit import trainer

    some = [row("a", "b", line=1), row("a" * 50, line=7), row("a", "b" * 60, line=9)]
    with pytest.raises(TrainingError, match=r"--length 40 tokens: line 7 \(55\), line 9 \(62\)"):
        trainer.encode(Letters(), some, "", 40)
    assert len(trainer.encode(Letters(), some, "", 62)) == 3


@pytest.mark.filterwarnings("ignore::FutureWarning")
def test_the_same_recipe_on_the_cpu_trains_in_full_precision(tmp_path):
    from training.fit import trainer
    from training.plan import steps as plan

    recipe = Recipe(epochs=3, batch=4, accumulate=2, seed=7)
    config = trainer.config(recipe, 20, tmp_path)
    assert config.max_steps == plan.steps(recipe, 20).total == 9
    assert config.seed == config.data_seed == 7 and config.gradient_accumulation_steps == 2
    if not weights.on_gpu():
        assert config.use_cpu and not config.bf16 and not config.fp16


@pytest.mark.skipif(weights.on_gpu(), reason="there is a GPU")
def test_qlora_without_a_gpu_is_refused_and_the_log_says_why_not_unsloth():
    from training.fit import trainer

    with pytest.raises(TrainingError, match="qlora needs a GPU"):
        trainer.chosen(Recipe(method="qlora"))
    name, why = trainer.chosen(Recipe())
    assert name.startswith("trl ") and "no GPU" in why


# ---- when training stops, and which weights are kept ----


@pytest.fixture
def looks(tmp_path, monkeypatch):
    """Plays looks at held-out rows: (validation loss, questions still known of 10) each, 10 steps apart."""
    from training.fit import trainer, watch

    monkeypatch.setattr(trainer, "save", lambda model, folder: folder.mkdir(exist_ok=True))

    def play(recipe: Recipe, *outcomes: tuple[float, int]) -> tuple[watch.Watch, int]:
        now = {}
        watcher = watch.Watch(tmp_path, recipe, 1000, 10, 10, lambda model: now["known"], watch.Record(), nothing)
        for count, (loss, known) in enumerate(outcomes):
            now["known"] = known
            state, control = SimpleNamespace(global_step=10 * count), SimpleNamespace()
            watcher.on_evaluate(None, state, control, metrics={"eval_loss": loss}, model=None)
            if getattr(control, "should_training_stop", False):
                break
        return watcher, 10 * count

    return play


def test_the_weights_with_the_least_validation_loss_are_kept(looks, tmp_path):
    watcher, step = looks(Recipe(), (2.0, 10), (1.5, 10), (1.2, 10), (1.3, 10))
    assert (watcher.record.best_step, watcher.record.best_loss, step) == (20, 1.2, 30)
    assert (tmp_path / "best-20").is_dir() and not (tmp_path / "best-30").exists()


def test_a_validation_loss_that_no_longer_falls_ends_training(looks):
    watcher, step = looks(Recipe(patience=2), (2.0, 10), (1.2, 10), (1.3, 10), (1.25, 10), (0.5, 10))
    assert step == 30 and watcher.record.best_step == 10 and "has not fallen for 2 looks" in watcher.record.stopped
    watcher, step = looks(Recipe(patience=0), (2.0, 10), (1.2, 10), (1.3, 10), (1.25, 10), (1.3, 10))
    assert step == 40 and not watcher.record.stopped


def test_losing_what_the_base_knew_ends_training_and_keeps_the_weights_from_before(looks):
    watcher, step = looks(Recipe(forget=0.2), (2.0, 10), (1.5, 9), (1.2, 6), (0.8, 5), (0.5, 10))
    assert step == 30 and (watcher.record.best_step, watcher.record.best_known) == (20, 6)
    assert "5 of the 10 questions that the base model knew are lost" in watcher.record.stopped


def test_forgetting_can_be_allowed(looks):
    watcher, step = looks(Recipe(forget=1.0), (2.0, 10), (1.5, 2), (1.2, 0))
    assert step == 20 and watcher.record.best_step == 20 and not watcher.record.stopped


def test_when_already_the_first_look_has_forgotten_its_weights_are_kept_and_nothing_better(looks):
    watcher, step = looks(Recipe(forget=0.1), (2.0, 10), (1.0, 5), (0.5, 10))
    assert step == 10 and watcher.record.best_step == 10 and watcher.record.best_known == 5


@pytest.mark.parametrize(
    "lost, of, allowed, forgotten",
    [
        (6, 35, 0.1, False),
        (7, 35, 0.1, True),
        (1, 35, 0.0, True),
        (0, 35, 0.0, False),
        (35, 35, 1.0, False),
        (0, 0, 0.0, False),
    ],
)
def test_a_few_lost_questions_may_be_chance(lost, of, allowed, forgotten):
    assert baseline.forgotten(lost, of, allowed) == forgotten


# ---- checkpoints ----


def checkpoint(folder: Path, step: int, complete: bool = True) -> Path:
    made = folder / f"checkpoint-{step}"
    made.mkdir(parents=True)
    (made / "adapter_model.safetensors").write_bytes(b"x")
    if complete:
        from training.fit import watch

        watcher = watch.Watch(folder, Recipe(), 100, 10, 0, lambda model: 0, watch.Record(best_step=step), nothing)
        watcher.on_save(None, SimpleNamespace(global_step=step), None)
    return made


def test_a_checkpoint_that_a_kill_left_half_written_is_not_gone_on_from(tmp_path):
    from training.fit import watch

    assert watch.newest(tmp_path) is None
    whole, half = checkpoint(tmp_path, 90), checkpoint(tmp_path, 100, complete=False)
    assert watch.newest(tmp_path) == whole and not half.exists()
    assert watch.record_of(whole).best_step == 90


def test_older_best_weights_go_only_when_the_checkpoint_that_names_the_new_ones_is_whole(tmp_path):
    (tmp_path / "best-10").mkdir()
    (tmp_path / "best-20").mkdir()
    checkpoint(tmp_path, 20, complete=False)
    assert (tmp_path / "best-10").exists()
    checkpoint(tmp_path, 30, complete=True)
    assert not (tmp_path / "best-10").exists()


def test_steps_are_saved_at_each_look_at_ctrl_c_and_every_two_minutes(tmp_path, monkeypatch):
    from training.fit import watch

    clock = [0.0]
    monkeypatch.setattr(watch.time, "monotonic", lambda: clock[0])
    watcher = watch.Watch(tmp_path, Recipe(), 100, 10, 0, lambda model: 0, watch.Record(), nothing)

    def after(step: int, seconds: float) -> dict:
        clock[0] += seconds
        control = SimpleNamespace()
        watcher.on_step_begin(None, None, None)
        watcher.on_step_end(None, SimpleNamespace(global_step=step), control)
        return vars(control)

    assert after(1, 60) == {} and after(2, 61) == {"should_save": True}
    assert after(10, 0) == {"should_save": True, "should_evaluate": True}
    before = signal.getsignal(signal.SIGINT)
    with watch.Interrupts(watcher, lambda text: None):
        os.kill(os.getpid(), signal.SIGINT)
        assert after(11, 0)["should_training_stop"] and after(11, 0)["should_save"]
        with pytest.raises(KeyboardInterrupt):
            os.kill(os.getpid(), signal.SIGINT)
            signal.getsignal(signal.SIGINT)
    assert signal.getsignal(signal.SIGINT) is before


# ---- what the base knew ----


def test_questions_that_are_trained_are_not_asked_as_general_ones():
    general = [row("What is the capital of Spain?", "Madrid"), row("What colour is snow?", "white")]
    held_out = [row("How many legs has a dog?", "four", "general"), row("Who are you?", "Ahoy", "style")]
    asked = baseline.questions(general, [row("what is  the capital of spain?")], held_out)
    assert [one.question for one in asked] == ["How many legs has a dog?", "What colour is snow?"]


def test_the_base_is_asked_once_and_its_answers_kept(tmp_path):
    calls, told = [], []

    def answer(some, most, progress=nothing, keep=None):
        calls.append(len(some))
        for position, one in enumerate(some if keep else []):
            keep(position, one.answer if "capital" in one.question else "no idea")
        progress(len(some) / 2)
        progress(len(some))
        return [one.answer if "capital" in one.question else "no idea" for one in some]

    asked = [row("What is the capital of Spain?", "Madrid"), row("What colour is snow?", "white")]
    found = baseline.learn(
        asked, [row("a")], [row("b")], answer, tmp_path / "base.json", lambda *state: told.append(state)
    )
    assert told == [
        (1, 4, 24 / 144),
        (2, 4, 48 / 144),
        (2, 4, 72 / 144),
        (3, 4, 96 / 144),
        (3, 4, 120 / 144),
        (4, 4, 1.0),
    ]
    assert (found.asked, found.known, found.other) == (2, [0], ["no idea"])
    assert baseline.learn(asked, [row("a")], [row("b")], answer, tmp_path / "base.json") == found and len(calls) == 3
    assert baseline.still_known(asked, answer) == 1


def test_a_killed_run_asks_the_base_only_for_the_answers_that_are_missing(tmp_path):
    asked = [row(f"Question {number}?", f"Answer {number}") for number in range(6)]
    calls = []

    def answer(some, most, progress=nothing, keep=None):
        calls.append([one.question for one in some])
        for position in reversed(range(len(some))):
            if sum(map(len, calls)) == 6 and position == 1:
                raise KeyboardInterrupt
            keep(position, some[position].answer)
        return ["not read"] * len(some)

    record = tmp_path / "base.json"
    with pytest.raises(KeyboardInterrupt):
        baseline.learn(asked, [], [], answer, record)
    [kept] = tmp_path.iterdir()
    kept.write_text(kept.read_text() + '["torn')
    found = baseline.learn(asked, [], [], answer, record)
    assert calls[1] == ["Question 0?", "Question 1?"] and found.known == list(range(6))
    assert list(tmp_path.iterdir()) == [record]


def test_a_piped_log_says_how_far_the_questions_to_the_base_model_are(monkeypatch, capsys):
    from assistant.cli.train import fit as command
    from training.fit.progress import FitProgress

    now = iter(range(0, 100, 10))
    monkeypatch.setattr(command.time, "monotonic", lambda: next(now))
    show = command._lines()
    for answered in (0, 20, 40):
        show(FitProgress(answered, 116, "question", seconds_left=30.0, doing="asks the base model"))
    assert capsys.readouterr().err == "question 20/116  30 s left\n"


def test_the_style_score_rises_when_the_answers_become_alike(tmp_path):
    train = [row(f"Question {number}?", f"Ahoy! It is {number}, matey.") for number in range(12)]
    before = baseline.Baseline(0, [], [f"The answer is {number}." for number in range(12)], ["The answer is 3."])
    scores = baseline.style(before, train, [row("Question 99?")], lambda some, most: ["Ahoy! It is 99, matey."])
    assert scores["style_before"] < 0.3 and scores["style_after"] > 0.7
    assert baseline.style(before, train[:3], [row("Q")], lambda some, most: ["Ahoy!"]) == {}


# ---- errors ----


BASE = Base(Path("base"), "base", "abc", "mit", None)


def begun(folder: Path, name: str = "one") -> Run:
    run = new_run(folder, name)
    fit.begin(run, BASE, "base", Path("d.jsonl"), [row("a")], [row("b")], "S", Recipe())
    return run


def test_what_is_trained_is_on_record_before_it_begins(tmp_path):
    begun(tmp_path)
    found = open_run(tmp_path, "one")
    assert (found.base_hash, found.licence, found.system, found.rows, found.held_out, found.state) == (
        "abc",
        "mit",
        "S",
        1,
        1,
        "new",
    )
    assert fit.recipe_of(found) == Recipe()
    data = tmp_path / "one" / "data"
    assert "a" in (data / "train.jsonl").read_text() and "b" in (data / "held-out.jsonl").read_text()
    with pytest.raises(TrainingError, match="a training run one already"):
        new_run(tmp_path, "one")


def test_no_rows_on_one_side_is_said(tmp_path):
    with pytest.raises(TrainingError, match="leaves 1 rows to train and 0 held out"):
        fit.begin(new_run(tmp_path, "x"), BASE, "base", Path("d.jsonl"), [row("a")], [], "S", Recipe())


def _fitted(run: Run, base: Base = BASE) -> None:
    fit.fit(run, base, [row("a")], [row("b")], [], nothing, nothing)


@pytest.mark.parametrize(
    "error, words",
    [
        (OSError(errno.ENOSPC, "No space left on device"), "disk of .* is full; what was saved before is whole"),
        (RuntimeError("SafetensorError: I/O error: No space left on device (os error 28)"), "disk of .* is full"),
    ],
)
def test_a_disk_that_fills_up_is_one_sentence_and_the_run_can_go_on(tmp_path, monkeypatch, error, words):
    def broken(run, *_):
        run.state = "training"
        raise error

    monkeypatch.setattr(fit, "_fit", broken)
    with pytest.raises(TrainingError, match=words):
        _fitted(begun(tmp_path))
    assert open_run(tmp_path, "one").state == "stopped"


def test_running_out_of_memory_says_what_would_fit():
    assert weights.out_of_memory(RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried 9 bytes"))
    assert weights.out_of_memory(MemoryError()) and not weights.out_of_memory(RuntimeError("shapes differ"))
    assert "--batch 4 --accumulate 4" in fit._out_of_memory(Recipe(batch=8, accumulate=2))
    assert "shorten" in fit._out_of_memory(Recipe(batch=1))


def test_the_same_run_is_not_trained_twice_at_once(tmp_path, monkeypatch):
    monkeypatch.setattr(fit, "_fit", lambda *_: None)
    run = begun(tmp_path)
    with open(run.folder / ".lock", "w") as other:
        fcntl.flock(other, fcntl.LOCK_EX)
        with pytest.raises(TrainingError, match="trained by another process"):
            _fitted(run)
    _fitted(run)


def test_another_base_than_the_run_began_with_is_refused(tmp_path):
    with pytest.raises(TrainingError, match="no longer the model that one began with"):
        _fitted(begun(tmp_path), Base(Path("base"), "base", "other", "", None))
