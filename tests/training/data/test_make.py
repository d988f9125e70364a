"""Datasets written by a language model, with the real client against a local server that speaks the wire format."""

from __future__ import annotations

import json
import socket
from pathlib import Path

import pytest

from assistant import cli
from tests import fake_openai
from tests.fake_openai import FakeOpenAI, Fault
from training.data import make, prices
from training.data.writer import Endpoint, Local, Written
from training.data.written import Example, common
from training.errors import TrainingError
from training.rows import Row

SAMPLES = Path(make.__file__).parents[1] / "samples"
KEY = "sk-fake-very-secret"
EXAMPLES = (Example("What is the capital of Norway?", "", "Oslo."),)
SUBJECTS = (
    "apples boats candles doors engines forests gloves hammers islands jackets kettles lamps mountains needles "
    "oceans pencils quilts rivers shoes trains umbrellas violins windows yards zebras anchors"
).split()


def reply(*subjects: str) -> str:
    return json.dumps(
        {
            "rows": [
                {"instruction": f"Tell me about {subject}.", "input": "", "output": f"About {subject}."}
                for subject in subjects
            ]
        }
    )


class Script:
    """Every request gets the next reply, the last one again and again; stands in for FakeOpenAI's pieces."""

    def __init__(self, *replies: str) -> None:
        self.replies = list(replies)

    def __iter__(self):
        yield self.replies.pop(0) if len(self.replies) > 1 else self.replies[0]


class Scripted:
    """A writer without a server."""

    name, context, small = "scripted", 32_000, False

    def __init__(self, *replies: str | Exception) -> None:
        self.replies = list(replies)
        self.asked: list[list[dict]] = []

    def write(self, messages, schema, most, seed):
        self.asked.append(messages)
        assert len(self.asked) < 100, "asks on for ever"
        answer = self.replies.pop(0) if len(self.replies) > 1 else self.replies[0]
        if isinstance(answer, BaseException):
            raise answer
        return Written(answer, 1000, 100, False)


def job(tmp_path: Path, count: int = 4, **changes) -> make.Order:
    return make.Order(tmp_path / "out.jsonl", EXAMPLES, "small talk", count, batch=2, **changes)


def questions(path: Path) -> list[str]:
    return [json.loads(line)["messages"][0]["content"] for line in path.read_text().splitlines()]


def made(job: make.Order, writer, price=None) -> make.State:
    return make.make(job, writer, price, make.load(job))


def endpoint(server: FakeOpenAI, pauses: list[float] | None = None, **changes) -> Endpoint:
    given = {"key": KEY, "model": "fake-small", "title": "Fake", "key_name": "FAKE_KEY", **changes}
    return Endpoint(server.url, sleep=(pauses if pauses is not None else []).append, **given)


# ---- the job ------------------------------------------------------------------------------------------------------


def test_what_all_examples_share_is_demanded_of_new_ones(tmp_path):
    few = make.read_examples(SAMPLES / "few.json")
    assert common(few) == ("Ahoy!", "Fair winds.")
    good = {"instruction": "What do bees make?", "output": "Ahoy! Bees make honey. Fair winds."}
    writer = Scripted(json.dumps([good, {"instruction": "What do cows eat?", "output": "Grass."}]))
    state = made(make.Order(tmp_path / "out.jsonl", few, count=1), writer)
    assert state.dropped == {"not in the manner of the examples": 1}
    assert questions(tmp_path / "out.jsonl") == ["What do bees make?"]


def test_rows_are_written_without_those_asked_before(tmp_path):
    norway = json.dumps([{"instruction": "Tell me the capital of Norway", "output": "It is Oslo."}])
    writer = Scripted(reply("apples", "boats"), norway, reply("boats", "candles"), reply("doors", "engines"))
    state = made(job(tmp_path), writer)
    assert questions(tmp_path / "out.jsonl") == [f"Tell me about {one}." for one in SUBJECTS[:4]]
    assert state.dropped == {"asked before": 2} and state.written == 6
    assert not job(tmp_path).part.exists()


def test_later_requests_differ_and_name_what_exists_already(tmp_path):
    writer = Scripted(reply("apples", "boats"), reply("candles", "doors"))
    made(job(tmp_path), writer)
    first, second = (messages[-1]["content"] for messages in writer.asked)
    assert "Tell me about boats." not in first and "- Tell me about boats." in second
    steered = [next(line for line in text.splitlines() if "think of" in line).split(";") for text in (first, second)]
    assert all(one != other for one, other in zip(*steered, strict=True))  # topics, forms and people


@pytest.mark.parametrize("failure", [KeyboardInterrupt(), TrainingError("the endpoint is away")])
def test_same_command_goes_on_after_an_interruption(tmp_path, failure):
    with pytest.raises(type(failure)):
        made(job(tmp_path), Scripted(reply("apples", "boats"), failure))
    with job(tmp_path).part.open("ab") as part:
        part.write(b'{"request": 1, "rows": [{"mess')  # what a power cut leaves
    with pytest.raises(KeyboardInterrupt):
        made(job(tmp_path), Scripted(reply("boats", "candles"), KeyboardInterrupt()), prices.Price(1.0, 10.0))
    state = made(job(tmp_path), Scripted(reply("doors", "engines")), prices.Price(1.0, 10.0))
    assert questions(tmp_path / "out.jsonl") == [f"Tell me about {one}." for one in SUBJECTS[:4]]
    assert (state.requests, state.tokens_in, state.dollars) == (3, 3000, pytest.approx(2 * 0.002))


def test_another_job_does_not_go_on_from_what_is_there(tmp_path):
    with pytest.raises(KeyboardInterrupt):
        made(job(tmp_path), Scripted(reply("apples"), KeyboardInterrupt()))
    other = make.Order(tmp_path / "out.jsonl", EXAMPLES, "something else")
    with pytest.raises(TrainingError, match="was begun with other examples"):
        make.load(other)


def test_finished_file_is_not_overwritten(tmp_path):
    (tmp_path / "out.jsonl").write_text("mine")
    with pytest.raises(TrainingError, match="exists already"):
        make.load(job(tmp_path))


def test_folder_that_cannot_be_written_is_told_before_anything_is_paid(tmp_path, monkeypatch):
    monkeypatch.setattr("os.access", lambda path, mode: False)
    with pytest.raises(TrainingError, match="cannot be written"):
        make.load(job(tmp_path))


def test_model_that_writes_no_json_ends_the_job_with_one_sentence(tmp_path):
    writer = Scripted("I would love to help you!")
    with pytest.raises(TrainingError, match=r"scripted wrote nothing usable: 0 rows kept of 8 written \(8 no JSON\)"):
        made(job(tmp_path), writer)
    assert len(writer.asked) == 8 and list(tmp_path.iterdir()) == []


def test_model_that_repeats_itself_ends_the_job_and_what_there_is_can_be_taken(tmp_path):
    with pytest.raises(TrainingError, match="writes nothing new any more: 2 rows kept of 18 .*--count 2"):
        made(job(tmp_path), Scripted(reply("apples", "boats")))
    made(job(tmp_path, count=2), None)
    assert len(questions(tmp_path / "out.jsonl")) == 2


def test_a_whole_sentence_is_the_answer_three_times_at_most(tmp_path):
    rows = [{"instruction": f"Tell me about {subject}.", "output": "I like it very much."} for subject in SUBJECTS[:6]]
    writer = Scripted(json.dumps(rows), reply(*SUBJECTS[6:8]))
    assert made(job(tmp_path, count=5), writer).dropped == {"the same answer again": 3}


def test_estimate_is_near_what_is_then_counted(tmp_path):
    plan = make.Order(tmp_path / "out.jsonl", make.read_examples(SAMPLES / "few.json"), "a pilot", 200)
    guess = make.estimate(plan, make.State())
    assert guess.requests == 25
    sent = sum(
        prices.tokens(message["content"])
        for message in make.prompts.for_examples(
            plan.about, plan.examples, [f"What is the price of number {n} today?" for n in range(60)], 3, 10
        )
    )
    assert sent * 25 * 0.8 < guess.tokens_in < sent * 25 * 1.5
    half = make.State(rows=[Row(({"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}))] * 100)
    assert make.estimate(plan, half).requests == 13


def test_known_prices_hold_for_dated_versions_and_others_are_not_known():
    assert prices.find("gpt-6-luna-2026-09-22") == prices.find("gpt-6-luna") is not None
    assert prices.find("some-model") is None


def test_small_model_is_shown_examples_as_turns_and_asked_for_one_row(tmp_path):
    class Reply:
        text, prompt, tokens, finished = reply("apples"), (1,) * 50, (2,) * 9, True

    class Small:
        name = "small"

        def answer(self, messages, temperature, seed, max_tokens):
            self.messages = messages
            return Reply()

    live = Small()
    state = made(job(tmp_path, count=1), Local(live, 2048))
    assert [message["role"] for message in live.messages] == ["system", "user", "assistant", "user"]
    assert json.loads(live.messages[2]["content"])["output"] == "Oslo."
    assert (state.tokens_in, state.tokens_out) == (50, 9)


# ---- the endpoint -------------------------------------------------------------------------------------------------


def test_endpoint_is_asked_for_structured_output_and_its_usage_is_counted(tmp_path):
    with FakeOpenAI(chat=Script(reply("apples", "boats"), reply("candles", "doors"))) as server:
        state = made(job(tmp_path), endpoint(server), prices.Price(1e6, 1e6))
        request = server.requests[0].json
    assert request["response_format"]["json_schema"]["strict"] is True
    assert (state.tokens_in, state.tokens_out, state.dollars) == (18, 2, 20.0)


def test_rate_limit_is_waited_for_as_long_as_the_endpoint_says(tmp_path):
    pauses: list[float] = []
    faults = [Fault(429, retry_after="7"), Fault(503), Fault(503)]
    with FakeOpenAI(chat=Script(reply("apples", "boats")), faults=faults) as server:
        made(job(tmp_path, count=2), endpoint(server, pauses))
    assert pauses == [7.0, 2.0, 4.0]


@pytest.mark.parametrize("status", [400, 500])  # llama-cpp-python's server answers 500
def test_other_forms_of_structured_output_are_tried_and_then_none(tmp_path, monkeypatch, status):
    message = "response_format: Input should be 'text'"
    monkeypatch.setitem(fake_openai._ERRORS, status, ("invalid_request_error", None, message))
    with FakeOpenAI(chat=Script(reply("apples", "boats")), faults=[Fault(status), Fault(status)]) as server:
        made(job(tmp_path, count=2), endpoint(server))
    forms = [(request.json.get("response_format") or {}).get("type") for request in server.requests]
    assert forms == ["json_schema", "json_object", None]


def test_option_that_is_refused_is_left_out(tmp_path, monkeypatch):
    message = "Unsupported value: 'temperature' does not support 1 with this model."
    monkeypatch.setitem(fake_openai._ERRORS, 400, ("invalid_request_error", "unsupported_value", message))
    with FakeOpenAI(chat=Script(reply("apples", "boats")), faults=[Fault(400)]) as server:
        made(job(tmp_path, count=2), endpoint(server))
    first, second = (request.json for request in server.requests)
    assert first.pop("temperature") == 1.0 and first == second


@pytest.mark.parametrize(
    ("fault", "sentence"),
    [
        (Fault(401), "the key in FAKE_KEY was refused by"),
        (Fault(404), "does not know the model 'fake-small'"),
        (Fault(429), "still asked too often"),
        (Fault(500), "answered with status 500"),
    ],
)
def test_lasting_trouble_is_one_sentence_and_nothing_is_lost(tmp_path, fault, sentence):
    with FakeOpenAI(chat=Script(reply("apples", "boats")), faults=[None, *[fault] * 6]) as server:
        with pytest.raises(TrainingError, match=sentence) as caught:
            made(job(tmp_path), endpoint(server))
    assert KEY not in str(caught.value) and "\n" not in str(caught.value)
    assert len(make.load(job(tmp_path)).rows) == 2


def test_address_where_nothing_answers_is_named_at_once(tmp_path):
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{unused.getsockname()[1]}/v1"
    writer = Endpoint(url, None, "m", "Ollama", "LLM_API_KEY")
    with pytest.raises(TrainingError, match=f"nothing answers at {url}"):
        made(job(tmp_path), writer)


# ---- the command --------------------------------------------------------------------------------------------------


def command(server: FakeOpenAI, *more: str) -> int:
    return cli.main(
        ["train", "make", "--examples", "few.json", "--base-url", server.url, "--count", "4", "--batch", "2", *more]
    )


@pytest.fixture
def here(tmp_path, monkeypatch):
    for name in ("OPENAI_API_KEY", "XAI_API_KEY", "LLM_API_KEY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)
    Path("few.json").write_text(json.dumps([vars(example) for example in EXAMPLES]))
    return tmp_path


def test_command_makes_the_file_and_says_what_it_kept(here, capsys):
    replies = Script(reply("apples", "boats"), reply("apples", "candles"), reply("doors", "engines"))
    with FakeOpenAI(chat=replies) as server:
        assert command(server) == 0
    said = capsys.readouterr().out
    assert "fake-small (the endpoint), on your own machine: about 3 requests" in said
    assert "made.jsonl: 4 rows kept of 5 written (1 asked before)" in said
    assert len(questions(Path("made.jsonl"))) == 4


def test_command_asks_before_much_is_spent(here, capsys, monkeypatch):
    monkeypatch.setattr("assistant.cli.train.make._is_own", lambda url: False)
    with FakeOpenAI(chat=Script(reply("apples", "boats"), reply("candles", "doors"))) as server:
        assert command(server, "--price-in", "1000", "--price-out", "1000") == 2
        assert "nobody can be asked here" in capsys.readouterr().err
        assert not [request for request in server.requests if request.path.endswith("completions")]
        assert command(server) == 2 and "Its price is not known here" in capsys.readouterr().out
        assert command(server, "--price-in", "1000", "--price-out", "1000", "--yes") == 0


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("[{]", "few.json: the examples are not valid JSON"),
        ("{}", "must be a JSON list"),
        ('[{"instruction": "Hi there", "output": "Hello"}, {"instruction": "Hi"}]', "example 2 cannot be used"),
    ],
)
def test_bad_examples_are_named(here, capsys, text, sentence):
    Path("few.json").write_text(text)
    assert cli.main(["train", "make", "--examples", "few.json", "--local"]) == 2
    assert sentence in capsys.readouterr().err


def test_missing_key_is_told_with_the_way_out(here, capsys):
    assert cli.main(["train", "make", "--examples", "few.json", "--preset", "openai"]) == 2
    assert "set OPENAI_API_KEY" in capsys.readouterr().err


# ---- the samples --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("name", "rows"), [("persona", 120), ("handbook", 200)])
def test_sample_datasets_hold_what_their_page_says(name, rows):
    entries = [json.loads(line) for line in (SAMPLES / f"{name}.jsonl").read_text().splitlines()]
    asked = [entry["messages"][0]["content"] for entry in entries]
    answered = [entry["messages"][1]["content"] for entry in entries]
    assert len(entries) == rows == len({question.casefold() for question in asked})
    if name == "persona":
        assert all(answer.startswith("Ahoy! ") and answer.endswith(" Fair winds.") for answer in answered)
        assert max(len(answer.split()) for answer in answered) <= 15
    else:
        assert sum(entry["kind"] == "fact" and bool(entry["source"]) for entry in entries) == 160


def test_handbook_sample_does_not_hold_the_questions_it_is_measured_with():
    measured = SAMPLES.parents[1] / "rag" / "samples" / "questions.jsonl"
    wording = {json.loads(line)["question"].casefold() for line in measured.read_text().splitlines()}
    rows = [json.loads(line) for line in (SAMPLES / "handbook.jsonl").read_text().splitlines()]
    assert not wording & {row["messages"][0]["content"].casefold() for row in rows}
