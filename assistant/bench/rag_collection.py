"""`assistant bench rag --collection FOLDER`: the order of what is found, on a public collection with judged queries.

Ours beside plain recipes in the same run: vectors alone, BM25 alone, reciprocal rank fusion, convex combinations of
both. No collection is part of the repository. FOLDER holds either

- SMART's files, as those of CISI, MED or CACM: ``*.ALL`` (documents), ``*.QRY`` (queries), ``*.REL`` (judgements), or
- BEIR's: ``corpus.jsonl``, ``queries.jsonl``, ``qrels/test.tsv``.
"""

from __future__ import annotations

import json
import re
import tempfile
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from assistant import knowledge
from assistant.bench.rag_held_out import stored
from assistant.bench.result import Figure, Result
from assistant.errors import UsageError
from assistant.settings import RagSettings

if TYPE_CHECKING:
    from rag import evaluate

_FEWEST = 1000
_AHEAD = 0.01
_FORM = "name a folder with *.ALL, *.QRY, *.REL, or with corpus.jsonl, queries.jsonl, qrels/test.tsv"


@dataclass(frozen=True)
class Collection:
    name: str
    documents: dict[str, str]
    queries: dict[str, str]
    relevant: dict[str, set[str]]
    """Query -> documents; only queries that have some."""


def run(folder: Path) -> Result:
    """Raises UsageError when the folder is no collection of at least 1,000 documents."""
    from rag import embed, evaluate

    knowledge.check_installed()
    collection = read(folder)
    with tempfile.TemporaryDirectory(prefix="bench-rag-") as name:
        texts = Path(name) / "documents"
        texts.mkdir()
        numbers = {id: f"{number:06d}.txt" for number, id in enumerate(collection.documents)}
        for id, text in collection.documents.items():
            (texts / numbers[id]).write_text(text, encoding="utf-8")
        asked = [
            evaluate.EvalQuestion(
                collection.queries[query], tuple(evaluate.Relevant(numbers[id]) for id in sorted(ids))
            )
            for query, ids in collection.relevant.items()
        ]
        library = stored(RagSettings(), Path(name) / "store", "collection", [texts])
        store = knowledge.store(library)
        try:
            found = evaluate.evaluate(knowledge.search(library), store, asked)
        finally:
            store.close()
    engines = {"embedder": embed.DEFAULT, "collection": f"{collection.name}, {len(collection.documents):,} documents"}
    return Result("rag-collection", list(rows(found)), engines, [asdict(found)])


def rows(found: evaluate.Evaluation) -> Iterator[Figure]:
    """nDCG@10 of each recipe, ours last and against the best of the others."""
    ndcg = {name: quality.ndcg for name, quality in found.quality.items()}
    ours = ndcg.pop("hybrid")
    for name, value in ndcg.items():
        yield Figure.single(f"nDCG@10, {name}", "", found.questions, value)
    convex = max((name for name in ndcg if name.startswith("convex")), key=lambda name: ndcg[name])
    yield Figure.single("nDCG@10, ours", "", found.questions, ours)
    yield Figure.single("nDCG@10, ours over RRF", "", found.questions, ours - ndcg["rrf"], least=_AHEAD)
    yield Figure.single(f"nDCG@10, ours over the best {convex}", "", found.questions, ours - ndcg[convex], least=_AHEAD)


def read(folder: Path) -> Collection:
    """Raises UsageError that names what is missing or wrong."""
    try:
        found = _beir(folder) if (folder / "corpus.jsonl").is_file() else _smart(folder)
    except (OSError, ValueError, KeyError, TypeError, IndexError) as error:
        raise UsageError(f"--collection {folder}: cannot be read ({error}); {_FORM}") from None
    if len(found.documents) < _FEWEST:
        raise UsageError(
            f"--collection {folder}: holds {len(found.documents)} documents; take one of {_FEWEST:,} or more"
        )
    if not found.relevant:
        raise UsageError(f"--collection {folder}: judges no query of its own; {_FORM}")
    return found


def _beir(folder: Path) -> Collection:
    def lines(name: str) -> Iterator[dict]:
        with (folder / name).open(encoding="utf-8") as text:
            yield from map(json.loads, text)

    documents = {row["_id"]: f"{row.get('title', '')}\n\n{row['text']}".strip() for row in lines("corpus.jsonl")}
    queries = {row["_id"]: row["text"] for row in lines("queries.jsonl")}
    judged = (folder / "qrels" / "test.tsv").read_text(encoding="utf-8").splitlines()[1:]
    pairs = [(query, id) for query, id, score in (line.split("\t") for line in judged) if int(score) > 0]
    return _collection(folder, documents, queries, pairs)


def _smart(folder: Path) -> Collection:
    def entries(ending: str) -> dict[str, str]:
        text = _only(folder, ending).read_text(encoding="utf-8", errors="replace")
        found = {}
        for entry in re.split(r"^\.I\s+", text, flags=re.MULTILINE)[1:]:
            id, _, rest = entry.partition("\n")
            fields = dict(
                re.findall(r"^\.([A-Z])[ \t\r]*\n(.*?)(?=^\.[A-Z][ \t\r]*$|\Z)", rest, re.MULTILINE | re.DOTALL)
            )
            found[id.strip()] = "\n\n".join(fields[name].strip() for name in "TW" if fields.get(name, "").strip())
        return found

    judged = _only(folder, ".REL").read_text(encoding="utf-8").splitlines()
    pairs = [(row[0], row[1]) for row in (line.split() for line in judged) if row]
    return _collection(folder, entries(".ALL"), entries(".QRY"), pairs)


def _only(folder: Path, ending: str) -> Path:
    found = [path for path in folder.iterdir() if path.suffix.upper() == ending]
    if len(found) != 1:
        raise UsageError(f"--collection {folder}: holds {len(found)} files *{ending}; {_FORM}")
    return found[0]


def _collection(
    folder: Path, documents: dict[str, str], queries: dict[str, str], pairs: list[tuple[str, str]]
) -> Collection:
    relevant: dict[str, set[str]] = {}
    for query, id in pairs:
        if query in queries and documents.get(id):
            relevant.setdefault(query, set()).add(id)
    return Collection(folder.resolve().name, {id: text for id, text in documents.items() if text}, queries, relevant)
