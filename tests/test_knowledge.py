"""The door to `rag`, with a real store and the real embedder: what is kept, what is unknown, what failure does."""

from __future__ import annotations

import asyncio
import importlib.util
import threading

import pytest

from assistant import config, knowledge
from assistant.cli import main
from assistant.knowledge import Documents, is_question
from assistant.llm import Message
from assistant.retrieved import Retrieved
from rag import chunk, cite, embed, ingest, lexical, load, meaning
from rag.errors import RagError
from rag.records import Stored
from rag.search import PASSAGE_TOKENS, Hit
from rag.store import Store
from tests.rag.conftest import HANDBOOK, INJECTIONS


@pytest.fixture(scope="module")
def library(tmp_path_factory):
    path = tmp_path_factory.mktemp("rag")
    store, model = Store(path), embed.find(embed.DEFAULT)
    ingest.add(
        store,
        [str(HANDBOOK / "service-manual.pdf")],
        model,
        lambda: embed.for_ingest(model, path / "models"),
        PASSAGE_TOKENS,
    )
    lexical.of(store)
    store.close()
    return path


class Talk:
    """Documents, asked one question after the other; `notices` are what the user was told."""

    def __init__(self, path, budget: int = 300, **settings: object) -> None:
        self.notices: list[str] = []
        values = {f"rag.{key}": value for key, value in {"enabled": True, "path": str(path), **settings}.items()}
        self.documents = Documents(config.load(None, values, {}).settings.rag, budget, self.notices.append)

    def find(self, question: str, earlier=(), kept: Retrieved | None = None) -> Retrieved:
        return asyncio.run(self.documents.look_up(question, earlier, kept))


@pytest.fixture
def talk(library):
    talk = Talk(library)
    yield talk
    talk.documents.close()


@pytest.mark.parametrize(
    "text",
    [
        "How long does a pump last?",
        "what about the safety valve",
        "Tell me about the boiler.",
        "Could you show me where the filter is?",
        "and how much does it cost",
        "The tank leaks, why?",
    ],
)
def test_a_question_is_one(text):
    assert is_question(text)


@pytest.mark.parametrize(
    "text",
    [
        "Hello!",
        "Thank you.",
        "How are you today?",
        "What is your name?",
        "Can you help me?",
        "Good morning, how are you?",
        "The pump is broken.",
        "okay",
        "",
    ],
)
def test_small_talk_is_no_question_for_the_documents(text):
    assert not is_question(text)


def test_a_question_finds_its_passage_with_place_and_score(talk):
    found = talk.find("At which pressure does the safety valve open?")
    best = found.passages[0]
    assert "7 bar" in best.text and best.title == "Otter 5 Service Manual" and best.page > 0 and best.score > 0
    assert best.text.split(".")[0] in found.text and found.spoken.startswith("According to Otter 5 Service Manual")
    assert best.written() == cite.written(
        Stored("", best.file, best.title, best.headings, best.page, 0, 0, "", best.text)
    )
    assert found.confidence >= 0.5 and not found.unknown


def test_the_documents_own_words_are_given_only_where_they_are_the_answer(talk):
    found = talk.find("At which pressure does the safety valve open?")
    assert found.quote is None and found.quoted("en") == ""
    talk.documents.quotes = True
    quoted = talk.find("At which pressure does the safety valve open?")
    assert quoted.passages == found.passages and "7 bar" in quoted.quoted("en")


def test_what_the_documents_do_not_tell_is_unknown_and_small_talk_is_not(talk):
    found = talk.find("Who is the president of France?")
    assert found.unknown and found.text == "" and found.passages == () and 0 <= found.confidence < 0.5
    assert not talk.find("Hello, how are you?").unknown


def test_what_was_read_early_stays_when_the_last_words_change_only_what_is_less_good(library):
    talk = Talk(library, passages=2, threshold=0.0)
    early = talk.find("how wide is the bore of the carbonation")
    fresh = talk.find("How wide is the bore of the carbonation nozzle and the price of the compressor?")
    assert early.passages[0].text == fresh.passages[0].text and early.text != fresh.text
    last = talk.find(fresh.question, kept=early)
    assert (last.text, last.question) == (early.text, fresh.question)


def test_it_is_replaced_when_the_whole_question_finds_something_better(talk):
    early = talk.find("At which pressure does the safety valve open?")
    last = talk.find("How much refrigerant is inside the compressor?", kept=early)
    assert last.text != early.text


def test_the_same_content_words_are_not_searched_again(talk):
    early = talk.find("at which pressure does the safety valve open")
    talk.documents._search.find = lambda *_, **__: pytest.fail("searched again")
    last = talk.find("At which pressure does the safety valve open?", kept=early)
    assert last.passages == early.passages and last.question == "At which pressure does the safety valve open?"


def test_a_follow_up_is_searched_with_the_question_before_it(talk):
    alone = talk.find("And how much is that?")
    after = talk.find("And how much is that?", earlier=["At which pressure does the safety valve open?"])
    assert "7 bar" in "".join(passage.text for passage in after.passages)
    assert not any("7 bar" in passage.text for passage in alone.passages)


def test_the_words_of_a_question_are_forgotten(talk):
    talk.find("How heavy is the cylinder of Grizelda?")
    kept = meaning.loaded()._vector.cache_info
    assert kept().currsize
    talk.documents.forget()
    assert not kept().currsize


def test_the_budget_bounds_the_passages(library):
    long, short = Talk(library, 300, passages=4), Talk(library, 60)
    question = "At which pressure does the safety valve open?"
    assert len(long.find(question).passages) > len(short.find(question).passages) == 1
    assert len(embed.find(embed.DEFAULT).spans(short.find(question).text)) <= 60


def test_a_store_that_fails_is_told_once_and_never_raises(tmp_path):
    (tmp_path / "chroma-1").mkdir()
    (tmp_path / "chroma-1" / "chroma.sqlite3").write_bytes(b"no database" * 200)
    (tmp_path / "generation").write_text("chroma-1 3")
    talk = Talk(tmp_path)
    asyncio.run(talk.documents.warm())
    assert [talk.find(f"What is the pressure {number}?") for number in range(3)] == [
        Retrieved(f"What is the pressure {number}?") for number in range(3)
    ]
    [notice] = talk.notices
    assert "assistant rag rebuild" in notice and "without the documents" in notice


def test_each_new_failure_is_told_once(talk, monkeypatch):
    def fail(*_, **__):
        raise RagError("the server is down; start it")

    talk.find("What is the pressure?")
    for _ in range(2):
        with monkeypatch.context() as broken:
            broken.setattr(talk.documents._search, "find", fail)
            assert [talk.find("What is the pressure?"), talk.find("What is the pump?")][0] == Retrieved(
                "What is the pressure?"
            )
        assert talk.find("What is the pressure?").confidence is not None
    assert talk.notices == ["the server is down; start it (answers come without the documents until then)"] * 2


def test_an_empty_store_says_how_to_fill_it_and_answers_go_on(tmp_path):
    talk = Talk(tmp_path)
    asyncio.run(talk.documents.warm())
    assert not talk.find("What is the pressure?").unknown
    assert [notice for notice in talk.notices if "assistant rag add" in notice] == talk.notices


def test_a_search_that_hangs_does_not_keep_the_user_waiting(talk, monkeypatch):
    go_on = threading.Event()
    monkeypatch.setattr(knowledge, "_PATIENCE", 0.05)
    monkeypatch.setattr(talk.documents, "_find", lambda *_: go_on.wait(30))
    try:
        assert talk.find("What is the pressure?") == Retrieved("What is the pressure?")
        assert len(talk.notices) == 1
    finally:
        go_on.set()


@pytest.mark.parametrize("hurried", [True, False])
def test_only_where_a_person_waits_does_time_decide_what_is_found(talk, monkeypatch, hurried):
    class Worst:
        def scores(self, question, passages, go_on):
            return [float(number) for number, _ in enumerate(passages) if go_on()]

    question = "At which pressure does the safety valve open?"
    quick = talk.find(question).passages[0]
    monkeypatch.setattr(knowledge, "_RERANKING", -1.0)  # a machine so busy that all time is over before it begins
    monkeypatch.setattr(talk.documents._search, "reranker", Worst())
    monkeypatch.setattr(talk.documents, "_hurried", hurried)
    assert (talk.find(question).passages[0] == quick) is hurried
    monkeypatch.setattr(knowledge, "_PATIENCE", 0.0)
    assert (talk.find(question).confidence is None) is hurried


def test_documents_added_while_talking_are_found(tmp_path, library):
    import shutil

    shutil.copytree(library, tmp_path / "store")
    talk = Talk(tmp_path / "store")
    assert not talk.find("How many buttons does the zorblax have?").passages
    (tmp_path / "new.txt").write_text("The zorblax has eleven buttons.")
    assert main(["rag", "add", str(tmp_path / "new.txt"), "--set", f"rag.path={tmp_path / 'store'}"]) == 0
    assert "eleven" in talk.find("How many buttons does the zorblax have?").passages[0].text


@pytest.fixture
def without_extra(monkeypatch):
    real = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name, *more: None if name == "chromadb" else real(name, *more)
    )


def test_without_the_extra_packages_the_conversation_goes_on_with_one_notice(without_extra):
    notices: list[str] = []
    settings = config.load(None, {"rag.enabled": True}, {}).settings
    assert asyncio.run(knowledge.load(settings.rag, settings.llm, notices.append)) is None
    assert len(notices) == 1 and "`make rag`" in notices[0]


def test_without_the_extra_packages_the_rag_command_says_what_to_run(without_extra, capsys):
    assert main(["rag", "list"]) == 2
    assert capsys.readouterr().err == "assistant: searching documents needs more packages; run `make rag`\n"


def test_documents_that_are_not_wanted_are_not_opened():
    settings = config.load(None, {}, {}).settings
    assert asyncio.run(knowledge.load(settings.rag, settings.llm, pytest.fail)) is None


def test_passages_never_take_more_than_a_third_of_the_context(library):
    settings = config.load(None, {"rag.enabled": True, "rag.path": str(library), "rag.budget": 5000}, {}).settings
    documents = asyncio.run(knowledge.load(settings.rag, settings.llm, pytest.fail))
    assert documents._budget == settings.llm.context // 3
    documents.close()


# ---- documents that give orders, through the real prompt -------------------------------------------------------------


@pytest.fixture(scope="module")
def llama():
    from assistant import llm

    engine = llm.load(config.Settings().llm, lambda _: None)
    yield engine
    engine.close()


@pytest.mark.parametrize("name", sorted(path.name for path in INJECTIONS.iterdir()))
def test_no_control_token_of_the_prompt_comes_from_a_passage(name, llama):
    model, path = embed.find(embed.DEFAULT), INJECTIONS / name
    passages = chunk.chunk(load.parse(path, load.read(path)), model.spans, model.limit, 128)
    hits = [
        Hit(
            Stored(
                str(number),
                str(path),
                passage.title,
                passage.headings,
                passage.page,
                passage.start,
                passage.end,
                passage.context,
                passage.text,
            ),
            1.0,
            1.0,
            1.0,
        )
        for number, passage in enumerate(passages)
    ]
    block = cite.block(hits, lambda text: len(model.spans(text)), 2000)
    prompt = [Message("system", "Be brief."), Message("user", "Hello"), Message("assistant", "Hi.")]
    plain = llama._template.prompt([*prompt, Message("user", "What is it?")])
    grounded = llama._template.prompt([*prompt, Message("user", f"{block.text}\n\nWhat is it?")])
    assert [part for part in grounded if isinstance(part, int)] == [part for part in plain if isinstance(part, int)]
    control = set(llama._model.control_tokens().values())
    text = b"".join(part for part in grounded if isinstance(part, bytes))
    assert not control & set(llama._model.tokenize(text))
