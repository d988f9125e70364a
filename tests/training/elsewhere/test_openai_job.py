"""Fine-tuning at OpenAI against a fake of its API: nothing is sent twice or lost, every error is a sentence."""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import openai
import pytest

from assistant import trust
from assistant.cli import main
from assistant.llm.endpoint_errors import Service, trouble
from tests.training.fake_fine_tuning import TUNED, FakeFineTuning
from training.elsewhere import openai_job
from training.elsewhere.openai_job import OpenAIJob
from training.errors import TrainingError
from training.recipe import Recipe
from training.rows import Row

ROWS = [
    Row(({"role": "user", "content": f"Question {n}?"}, {"role": "assistant", "content": f"Answer {n}."}), n + 1)
    for n in range(24)
]
RECIPE = Recipe(epochs=3, batch=4, accumulate=2, seed=7)


def client(server: FakeFineTuning) -> openai.OpenAI:
    return openai.OpenAI(api_key="sk-secret-secret", base_url=server.url, max_retries=0)


def started(folder: Path, recipe: Recipe = RECIPE) -> OpenAIJob:
    job = openai_job.prepare(folder / "pirate", recipe, openai_job.MODEL, "Be brief.", ROWS[:20], ROWS[20:])
    job.save()
    return job


def run(server: FakeFineTuning, job: OpenAIJob, sleep: Callable[[float], None] = lambda seconds: None) -> list[str]:
    said: list[str] = []
    with client(server) as api:
        openai_job.submit(api, job, said.append)
        openai_job.follow(api, job, said.append, sleep)
    return said


def test_a_job_goes_from_upload_to_the_name_of_the_tuned_model(tmp_path: Path) -> None:
    with FakeFineTuning([("validating_files", 1), ("running", 3), ("succeeded", 5)]) as server:
        said = run(server, job := started(tmp_path))
    assert job.status == "succeeded" and job.tuned == TUNED and job.trained_tokens == 4321
    shown = [line for line in said if "loss" in line]
    assert [line.split("  ")[1] for line in shown] == [
        f"step {n}/200: loss {3 / n:.3f}, held-out loss {3.5 / n:.3f}" for n in (1, 2, 3, 4)
    ]  # each once, in order
    uploaded = [json.loads(line) for line in server.files["file-1"].splitlines()]
    assert len(uploaded) == 20 and len(server.files["file-2"].splitlines()) == 4
    assert uploaded[0] == {"messages": [{"role": "system", "content": "Be brief."}, *ROWS[0].messages]}
    (made,) = server.jobs.values()
    assert made["method"] == {"type": "supervised", "supervised": {"hyperparameters": {"n_epochs": 3, "batch_size": 8}}}
    assert made["seed"] == 7 and made["suffix"] == "pirate" and made["training_file"] == "file-1"
    assert made["validation_file"] == "file-2"


def test_many_events_are_read_over_several_pages(tmp_path: Path) -> None:
    with FakeFineTuning([("running", 5), ("succeeded", 250)]) as server:
        said = run(server, job := started(tmp_path))
    assert len([line for line in said if "loss" in line]) == 249 and len(set(job.seen)) == 250


def test_after_an_interruption_the_same_call_follows_the_same_job(tmp_path: Path) -> None:
    def interrupt(seconds: float) -> None:
        raise KeyboardInterrupt

    with FakeFineTuning([("running", 3), ("succeeded", 4)]) as server:
        with pytest.raises(KeyboardInterrupt):
            run(server, started(tmp_path), interrupt)
        again = openai_job.load(tmp_path / "pirate")
        assert again is not None and again.status == "running"
        said = run(server, again)
    assert [line for line in said if "loss" in line] and "step 3" in said[0]  # the first three are not shown again
    assert len(server.jobs) == 1 and len(server.files) == 2


def test_a_lost_answer_to_the_creation_makes_no_second_job(tmp_path: Path) -> None:
    with FakeFineTuning() as server:
        server.lose_created = True
        with pytest.raises(openai.APIConnectionError):
            run(server, started(tmp_path))
        run(server, job := openai_job.load(tmp_path / "pirate"))
    assert len(server.jobs) == 1 and job.tuned == TUNED and len(server.files) == 2


def test_a_short_loss_of_the_network_is_waited_out_and_a_long_one_told(tmp_path: Path) -> None:
    waits: list[float] = []
    with FakeFineTuning([("running", 2), ("succeeded", 3)]) as server:
        job = started(tmp_path)
        with client(server) as api:
            openai_job.submit(api, job, lambda text: None)
            server.broken = 5
            openai_job.follow(api, job, lambda text: None, waits.append)
            assert job.status == "succeeded" and len(waits) == 6
            server.broken = 1000
            with pytest.raises(TrainingError, match=f"{job.id} goes on there: run the same command again"):
                openai_job.follow(api, job, lambda text: None, waits.append)
    assert sum(waits[6:]) < 180


def test_a_failed_job_ends_with_openais_reason(tmp_path: Path) -> None:
    with FakeFineTuning([("failed", 1)], error="Your examples breach\n the usage policy.") as server:
        with pytest.raises(TrainingError, match="gave up on job ftjob-1: Your examples breach the usage policy;"):
            run(server, job := started(tmp_path))
    assert openai_job.load(tmp_path / "pirate").status == job.status == "failed"


def test_what_openai_would_refuse_is_found_before_anything_is_sent(tmp_path: Path) -> None:
    def prepare(rows: list[Row]) -> None:
        openai_job.prepare(tmp_path / "x", RECIPE, openai_job.MODEL, "", rows, [])

    with pytest.raises(TrainingError, match="at least 10 rows and there are 9"):
        prepare(ROWS[:9])
    for bad, said in (("", "a message is empty"), ("word " * 60_000, "tokens, more than 65,536")):
        row = Row(({"role": "user", "content": "Why?"}, {"role": "assistant", "content": bad}), 77)
        with pytest.raises(TrainingError, match=f"line 77 of the data.s train part .*{said}"):
            prepare([*ROWS[:12], row])
    assert not (tmp_path / "x").exists()


def test_the_cost_counts_every_epoch_and_is_unknown_for_unknown_models() -> None:
    assert openai_job.cost("gpt-4.1-mini-2025-04-14", 100_000, 3) == pytest.approx(1.50)
    assert openai_job.cost("gpt-4.1-2025-04-14", 100_000, 3) == pytest.approx(7.50)
    assert openai_job.cost("gpt-4.1-nano", 100_000, 3) is None
    assert openai_job.cost("gpt-4.1-nano", 100_000, 3, price=2.0) == pytest.approx(0.60)


@pytest.mark.parametrize(
    ("status", "error", "said"),
    [
        (401, {"message": "Incorrect API key provided: sk-se****cret"}, "refused the key in OPENAI_API_KEY"),
        (403, {"message": "Fine-tuning is not available to your account"}, "not available to your account.*closing"),
        (
            404,
            {"message": "The model `gpt-x` does not exist", "code": "model_not_found"},
            "does not tune .*choose another",
        ),
        (400, {"message": "Model gpt-x is not available for fine-tuning", "param": "model"}, "does not tune"),
        (429, {"message": "You exceeded your quota", "code": "insufficient_quota"}, "quota .* is used up"),
        (500, {"message": "Oops"}, "status 500 .Oops."),
    ],
)
def test_refusals_are_one_sentence(tmp_path: Path, status: int, error: dict, said: str) -> None:
    import re

    with FakeFineTuning() as server:
        server.refuse = (status, error)
        with pytest.raises(openai.OpenAIError) as caught:
            run(server, job := started(tmp_path))
    service = Service("OpenAI", server.url, "OPENAI_API_KEY", "sk-secret", job.model, 60.0)
    told = openai_job.explain(caught.value, job, partial(trouble, service=service))
    assert re.search(said, told) and "\n" not in told and "secret" not in told


def test_a_damaged_record_says_where_the_job_can_be_seen(tmp_path: Path) -> None:
    (tmp_path / "openai.json").write_text("{")
    with pytest.raises(TrainingError, match="platform.openai.com/finetune"):
        openai_job.load(tmp_path)
    assert openai_job.load(tmp_path / "none") is None


# ---- the command -------------------------------------------------------------------------------------------------


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeFineTuning]:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.setenv("OPENAI_API_KEY", "sk-secret-secret")
    monkeypatch.setattr(openai_job, "_POLL", 0.0)
    (tmp_path / "config.toml").write_text('# mine\n[llm]\nsystem_prompt = "Be brief."\n')
    trust.decide(tmp_path, True)
    shutil.copy(Path(__file__).parents[3] / "training" / "samples" / "persona.jsonl", tmp_path / "persona.jsonl")
    with FakeFineTuning([("running", 2), ("succeeded", 3)]) as fake:
        monkeypatch.setenv("OPENAI_BASE_URL", fake.url)
        yield fake


def test_the_command_asks_before_it_sends_and_sends_nothing_without_a_yes(
    server: FakeFineTuning, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["train", "openai", "persona.jsonl"]) == 2
    said = capsys.readouterr()
    assert "say --yes" in said.err and "about $0.09" in said.out and "is closing this service" in said.out
    monkeypatch.setattr(sys.stdin, "isatty", lambda: True, raising=False)
    monkeypatch.setattr("builtins.input", lambda: "n")
    assert main(["train", "openai", "persona.jsonl"]) == 1
    assert capsys.readouterr().out.endswith("rows to OpenAI and start the job? [y/N] ")
    assert server.calls == []


def test_the_command_ends_with_the_assistant_speaking_with_the_result(
    server: FakeFineTuning, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["train", "openai", "persona.jsonl", "--yes", "--epochs", "2", "--use"]) == 0
    assert f"{TUNED} is ready (4,321 tokens trained)." in capsys.readouterr().out
    written = (tmp_path / "config.toml").read_text()
    assert f'model = "{TUNED}"' in written and 'engine = "openai"' in written and written.startswith("# mine")
    record = json.loads(next((tmp_path / "data").rglob("run.json")).read_text())
    assert record["state"] == "trained" and record["trainer"] == "openai" and record["rows"] == 108
    assert main(["train", "openai", "--name", "persona", "--status"]) == 0
    assert "ftjob-1 is succeeded" in capsys.readouterr().out


def test_a_begun_job_is_cancelled_by_name_and_takes_no_other_recipe(
    server: FakeFineTuning, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(openai_job, "follow", interrupted)
        assert main(["train", "openai", "persona.jsonl", "--yes"]) == 130
    assert "goes on at OpenAI; `assistant train openai --name persona` follows it" in capsys.readouterr().err
    assert main(["train", "openai", "persona.jsonl", "--epochs", "9"]) == 2
    assert main(["train", "openai", "--name", "persona", "--cancel"]) == 0
    assert server.jobs["ftjob-1"]["status"] == "cancelled" and len(server.jobs) == 1
    assert main(["train", "openai", "--name", "persona"]) == 1
    assert "was cancelled" in capsys.readouterr().out


def test_without_a_key_or_a_job_it_says_so(
    server: FakeFineTuning, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["train", "openai", "--name", "nothing"]) == 2
    assert "there is no OpenAI job nothing" in capsys.readouterr().err
    monkeypatch.setenv("OPENAI_API_KEY", "")
    assert main(["train", "openai", "persona.jsonl", "--yes"]) == 1
    assert "set OPENAI_API_KEY" in capsys.readouterr().err
