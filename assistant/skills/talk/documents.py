"""What the user's documents say: "what do my documents say about the pump"."""

from __future__ import annotations

import re

from assistant import knowledge
from assistant.retrieved import Knowledge, Retrieved
from assistant.skills import Action, Command, Here, command
from rag.words import content_words

_LONGEST = 300  # characters of a quotation
_NONE = (
    "I have no documents to look in. Add some with: assistant rag add, and the name of a folder; then start me with "
    "dash dash rag."
)
_OFF = (
    "Your documents are stored, and I am not to look in them yet. Start me with dash dash rag, or set enabled to true "
    "under rag in config dot toml."
)
_WHICH = re.compile(
    r"\W*(?:(?:what|which|how many) (?:documents?|docs|files|pdfs) (?:do you have|have you got|do you know"
    r"|can you (?:see|read)|are (?:stored|there|in there)|did i (?:add|give you))"
    r"|do you have (?:any|my) (?:documents|docs|files)"
    r"|(?:list|show me|tell me|name) (?:all |me )?(?:my|your|the) (?:documents|docs))\W*",
    re.IGNORECASE,
)
_LISTED = "I look in the documents that you added. The command assistant rag list shows which."
_ABOUT = re.compile(
    r"\b(?:what|which|how many|do|does|can you|could you|is|are|have you|where|look|search|find|use|read|who|why)\b"
    r".*\b(?:my|our|your) (?:own |stored |added )?(?:documents?|docs|pdfs|files)\b"
    r"|\b(?:which|what) documents (?:do you|have you|can you|are)\b"
    r"|\bdo you (?:have|know) (?:any|my) (?:documents|files)\b",
    re.IGNORECASE,
)
_DOCS = (
    "(my|your|our|the) (documents|document|docs|papers|paperwork|notes|files|manual|manuals|pdfs|letters|handbook|"
    "contract|lease|policy|warranty|"
    "own documents|stored documents|instructions)"
)

COMMANDS = (
    command(
        "documents.search",
        "Looks in the user's own documents, and quotes what they say about a topic.",
        f"what (do|does|did|would) {_DOCS} (say|tell me|tell us|tell|have|mention|know|write|contain) (about|on|of|"
        "regarding) "
        "{topic}",
        f"what (do|does) {_DOCS} (say|recommend|tell me) [to do] (when|if|for) {{topic}}",
        f"[(please|can you|could you|would you|will you)] [please] (look|search|check|dig|have a look|take a look|go) "
        f"(in|through|into|inside|at) {_DOCS} (for|about|on|what they say about|regarding|and find) {{topic}}",
        f"[(please|can you|could you|would you|will you)] [please] (search|consult|check|scan|query|browse|ask) "
        f"{_DOCS} "
        "(for|about|on|regarding) {topic}",
        f"[(please|can you|could you|would you|will you)] [please] (look up|find|find me|search for|look for|check) "
        f"{{topic}} "
        f"(in|from|inside|among|within) {_DOCS}",
        f"(is|was) there [(anything|something)] (about|on) {{topic}} in {_DOCS}",
        f"(do|does) {_DOCS} (say|have|mention|contain|tell us|know) [(anything|something)] [(about|on)] {{topic}} "
        "[(anywhere|somewhere)]",
        f"(do you have|have you got|did you find|can you find|can you see) (anything|something) (about|on) {{topic}} "
        f"in {_DOCS}",
        f"what (can you find|have you got|have i got|do i have|do you have|is there|is written|is said|stands) "
        f"(about|on) {{topic}} in {_DOCS}",
        f"what (is written|is said|stands|is|can you find) in {_DOCS} (about|on|regarding) {{topic}}",
        f"according to {_DOCS} {{topic}}",
        f"{{topic}} according to {_DOCS}",
        f"(i'm looking for|i am looking for|i need to find|i want to find) {{topic}} in {_DOCS}",
        f"where (do|does) {_DOCS} (mention|talk about|say something about|speak of) {{topic}}",
        f"quote {_DOCS} (on|about) {{topic}}",
    ),
)  # fmt: skip


def said_of(words: str, here: Here) -> str:
    """What is answered to a question which documents there are, or about some that cannot be looked in; empty = it is
    none."""
    if here.documents is not None and _WHICH.fullmatch(words[:_LONGEST]):
        return _LISTED
    if here.documents is not None or not _ABOUT.search(words[:_LONGEST]):
        return ""
    return _OFF if here.stored else _NONE


def run(asked: Command, here: Here) -> Action | None:
    topic = str(asked.values.get("topic", "")).strip()
    documents = here.documents
    if not topic:
        return None
    if documents is None:
        return Action(_OFF if here.stored else _NONE)

    async def do() -> str:
        return await answer(topic, documents)

    return Action(do=do, keep_history=False)  # what a document says is no word of the assistant's


async def answer(topic: str, documents: Knowledge) -> str:
    """The best sentence about ``topic``, with its place."""
    found = await documents.look_up(f"{topic}?", (), None)
    if found.confidence is None:
        return "Your documents cannot be searched at the moment."
    if not found.passages:
        return f"Your documents say nothing about {topic}."
    said = f"{found.spoken or found.passages[0].written()}: {sentence(topic, found)}"
    return f"{knowledge.doubt('en')} {said}" if found.doubtful else said


def sentence(topic: str, found: Retrieved) -> str:
    """The one that shares most of its words with the topic, the first of several."""
    text = re.sub(r"\s+", " ", found.passages[0].text).strip()
    wanted = set(content_words(topic))
    sentences = re.split(r"(?<=[.!?])\s+(?=\S)", text)
    best = max(sentences, key=lambda one: len(wanted & set(content_words(one))))
    if len(best) > _LONGEST:
        best = best[:_LONGEST].rsplit(" ", 1)[0] + " …"
    return best
