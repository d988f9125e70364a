"""Datasets written by a language model, with the real client against a local server that speaks the wire format."""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant import cli
from assistant.llm.endpoint_errors import Service, trouble
from tests.fake_openai import FakeOpenAI
from training.data import make, prices
from training.data.seen import SeenQuestions
from training.data.writer import ATTEMPTS, EndpointWriter, LocalWriter, Written
from training.data.written import Example, checked, common, parse
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


def endpoint(server: FakeOpenAI, pauses: list[float] | None = None, **changes) -> EndpointWriter:
    service = Service("Fake", server.url, "FAKE_KEY", KEY, "fake-small", 120.0, attempts=ATTEMPTS)
    given = {
        "key": KEY,
        "model": "fake-small",
        "title": "Fake",
        "trouble": partial(trouble, service=service),
        **changes,
    }
    return EndpointWriter(server.url, sleep=(pauses if pauses is not None else []).append, **given)


# ---- what the model wrote ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        '[{"instruction": "a b", "output": "c d"}]',
        '{"rows": [{"instruction": "a b", "output": "c d"}]}',
        'Sure!\n```json\n[{"instruction": "a b", "output": "c d"},]\n```\nDone.',
        '[{"instruction": "a b", "output": "c d",}, {"instruction": "e f", "outp',
        '<think>maybe {"instruction": "x y", "output": "z"}</think>{"instruction": "a b", "output": "c d"}',
        '[{"instruction": "a b" "output": "bad"}, {"instruction": "a b", "output": "c d"}]',
        '{"rows": [{"instruction": "a b", "output": "c d"}, {"instruction": "e f", "output": "g',
    ],
)
def test_whole_rows_are_found_in_broken_json(text):
    assert parse(text) == [{"instruction": "a b", "output": "c d"}]


def test_a_comma_before_a_bracket_inside_a_text_stays():
    assert parse('[{"instruction": "list", "output": "[1, ]"}]') == [{"instruction": "list", "output": "[1, ]"}]


@given(st.lists(st.tuples(st.text(min_size=1), st.text()), max_size=5), st.integers(0, 400), st.text(max_size=8))
def test_any_cut_of_an_array_gives_the_rows_before_the_cut(pairs, cut, prose):
    rows = [{"instruction": asked, "output": answered} for asked, answered in pairs]
    whole = json.dumps(rows)
    assert parse(whole) == rows
    assert parse(whole[:cut]) == rows[: len(parse(whole[:cut]))]
    parse(prose + whole[cut:] + prose)  # never raises


@pytest.mark.parametrize(
    ("entry", "reason"),
    [
        ("text", "wrong form"),
        ({"instruction": "a", "output": ["b"]}, "wrong form"),
        ({"instruction": "Say", "output": " "}, "empty"),
        ({"instruction": "...", "output": "Paris is nice."}, "a placeholder"),
        ({"instruction": "Say hi", "output": "string"}, "a placeholder"),
        ({"instruction": "Say hi", "output": "I'm sorry, but I can't help with that."}, "a refusal"),
        ({"instruction": "Say hi", "output": "x" * 5000}, "too long"),
    ],
)
def test_unusable_rows_are_told_apart(entry, reason):
    assert checked(entry) == reason


@pytest.mark.parametrize("output", ["42", "No.", "I can not only sing, I dance.", "Sorry to hear that, tea may help."])
def test_short_and_polite_answers_are_kept(output):
    assert checked({"instruction": "Say something", "output": output}) == Example("Say something", "", output)


def test_same_question_in_other_words_is_known_and_another_fact_is_not():
    asked = SeenQuestions()
    assert asked.add("What is the capital of France?")
    assert not asked.add("Please tell me the capital of France!")
    assert asked.add("What is the capital of Spain?")
    assert asked.add("How are you?") and not asked.add("how are you")


def test_what_all_examples_share_is_demanded_of_new_ones(tmp_path):
    few = make.read_examples(SAMPLES / "few.json")
    assert common(few) == ("Ahoy!", "Fair winds.")
    good = {"instruction": "What do bees make?", "output": "Ahoy! Bees make honey. Fair winds."}
    writer = Scripted(json.dumps([good, {"instruction": "What do cows eat?", "output": "Grass."}]))
    state = made(make.Order(tmp_path / "out.jsonl", few, count=1), writer)
    assert state.dropped == {"not in the manner of the examples": 1}
    assert questions(tmp_path / "out.jsonl") == ["What do bees make?"]


# ---- the job ------------------------------------------------------------------------------------------------------


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
    fewer = job(tmp_path, count=2)
    make.finish(fewer, make.load(fewer))
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
    state = made(job(tmp_path, count=1), LocalWriter(live, 2048))
    assert [message["role"] for message in live.messages] == ["system", "user", "assistant", "user"]
    assert json.loads(live.messages[2]["content"])["output"] == "Oslo."
    assert (state.tokens_in, state.tokens_out) == (50, 9)


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
