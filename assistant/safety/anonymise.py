"""Takes out of journal turns what points at a person, so that they can be shared. Rules, no language model.

Each thing gets one placeholder throughout, e.g. ``[name 1]``. Replaced are API keys, addresses of pages and
machines, e-mail addresses (also spoken: "ann at example dot com"), file paths, phone numbers, all digits, two or
more number words in a row, and names: what follows "my name is", "I'm called", "Mr" and the like, common first
names, and capitalised words inside a sentence. It errs on the side of taking out too much. It misses rare names in
lower case, as speech recognition writes them when nothing introduces them, and facts that point at somebody without
a name.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from assistant.secrets import redact

_FIRST_NAMES = frozenset(
    """
    aaron abigail adam adrian ahmed aisha alan albert alejandro alex alexander alexandra alice alison amanda amelia
    amy ana andrea andrew angela anita ann anna anne anthony antonio arthur ashley barbara benjamin bernard beth
    bethany betty brandon brenda brian bruce camille carl carla carlos carol caroline catherine charles charlie
    charlotte chen chloe chris christian christina christine christopher claire claudia colin connor craig cynthia
    dan daniel danielle david deborah dennis diana diane diego donald donna dorothy doug douglas dylan edward
    eleanor elena elizabeth ella ellen emily emma eric erik ethan eva evan evelyn fatima felix fernando fiona
    frances francesca francis francisco frederick gabriel gary geoffrey george gerald giovanni gloria gordon greg
    gregory guillaume hannah hans harold harry hassan heather helen helga henry hiroshi howard hugo ian ibrahim
    ingrid irene isabel isabella ivan jacob jacqueline jake james jamie jan jane janet janice jason jean jeff
    jeffrey jennifer jeremy jerry jessica jim joan joanna joe johannes john jonathan jorge jose joseph joshua juan
    judith judy julia julian julie justin karen karl kate katherine kathleen katie keith kelly kenneth kevin khalid
    kim kimberly klaus kristen kumar kyle larry laura lauren lawrence leila leo leon leonard linda lisa liz logan
    louis louise luca lucas lucia lucy luis lukas luke magda maggie manuel marcel marco marcus margaret maria marie
    marion mario martha martin mary matthew matthias maureen max maya megan mehmet melanie melissa michael michelle
    miguel mike mohamed mohammed molly monica muhammad nadia nancy natalia natalie natasha nathan nicholas nick
    nicola nicolas nicole nina noah nora oliver olivia omar oscar pablo pamela patricia patrick paul paula pauline
    pedro peter philip philippe phillip phyllis pierre priya rachel rafael raj ralph raymond rebecca ricardo richard
    robert roberta roger roland ronald rosa ruth ryan sabine samantha samuel sandra sara sarah scott sebastian
    sergio sharon sheila shirley simon sofia sonia sophia sophie stefan stephanie stephen steve steven stuart susan
    suzanne sven sylvia tanya teresa theodore theresa thomas tiffany tim timothy tobias todd tom tony tyler ursula
    valerie vanessa veronica victoria vincent virginia vladimir walter wanda wayne wei wendy william xavier yasmin
    yusuf yvonne zachary zoe
""".split()
)
_NOT_NAMES = frozenset(
    """
    i im ive id ill ok okay hello hi hey dear yes no god monday tuesday wednesday thursday friday saturday sunday
    january february march april may june july august september october november december christmas easter english
    german french spanish italian internet celsius fahrenheit a an and are as at be but by can could did do does for
    from had has have he her his how if in is it its just let me my not of on or our please she should so some tell
    than thank thanks that the their them then there they this to us was we well were what when where which who whom
    whose why will with would you your ask call give send say find show open play set turn today tomorrow yesterday
    good sorry sure nice here who mr mrs ms dr prof
""".split()
)
_SMALL = "zero|oh|one|two|three|four|five|six|seven|eight|nine"
_NUMBER = (
    f"(?:{_SMALL}|double|ten|eleven|twelve|thirteen|fourteen|fifteen|sixteen|seventeen|eighteen|nineteen|twenty|"
    "thirty|forty|fifty|sixty|seventy|eighty|ninety|hundred|thousand|million)"
)
_HEX = "[0-9a-f]{1,4}"
_PLACEHOLDER = r"\[(?:url|e-mail|address|path|phone|number|name)[ ]\d+\]|\[key-hidden\]"
_THINGS = re.compile(
    rf"""
      (?P<placeholder> {_PLACEHOLDER} )
    | (?P<url> \b (?: [a-z][a-z0-9+.-]{{0,30}}:// | www\. ) [^\s<>"']* [^\s<>"'.,;:!?)] )
    | (?P<e_mail> [\w.+-]{{1,100}}+@[\w-]+(?:\.[\w-]+)+
        | \b [a-z0-9]+ (?:[ ](?:dot|underscore|dash)[ ][a-z0-9]+){{0,9}} [ ]at[ ] [a-z0-9-]+
            (?:[ ]dot[ ][a-z0-9]+)+ \b )
    | (?P<address> (?<![\w.]) (?:\d{{1,3}}\.){{3}}\d{{1,3}} (?: :\d+ )? (?![\w.]*\d)
        | (?<![\w:.]) (?: (?:{_HEX}:){{7}}{_HEX} | (?:{_HEX}(?::{_HEX})*)?::(?:{_HEX}(?::{_HEX})*)? ) (?![\w:]) )
    | (?P<path> (?P<quote>["']) (?: ~?/ | [a-z]:[\\/] ) [^"'\n]+ (?P=quote)
        | (?<![\w/~.]) (?: ~?/ | [a-z]:[\\/] | \\\\ | \.{{1,2}}/ ) [^\s"'<>|]* [^\s"'<>|.,;:!?)\]]
        | (?<![\w/.]) (?: [\w.@+-]{{1,255}}+[/\\] ){{1,30}} [\w@+-]{{1,255}} (?:\.[\w@+-]+)+ )
    | (?P<phone> (?<![\w.]) (?!\d{{4}}-\d\d-\d\d) (?: \+|\(|\d ) (?: [ ()./-]{{0,2}}\d ){{6,}} (?!\w) )
    | (?P<number> \d (?: [\d.,:/-]*\d )? )
    | (?P<words> \b {_NUMBER} (?: [ -](?:and[ ])? {_NUMBER} )+ \b )
""",
    re.VERBOSE | re.IGNORECASE,
)
_WORD = r"[^\W\d_]+(?:['’-](?!s\b)[^\W\d_]+)*"
_TOKENS = re.compile(rf"(?P<placeholder>{_PLACEHOLDER})|(?P<word>{_WORD})|(?P<end>[.!?:…\n])")
_CUE = re.compile(
    r"\b(?:(?P<full>my name is|my name's|my names|i am called|i'm called|im called"
    r"|(?:they|people|friends|you can|please) call me|my [a-z]+(?: is|'s|s)? (?:called|named)|my [a-z]+ name is)"
    rf"|mr|mrs|ms|dr|mister)\.?\s+(?P<first>{_WORD})(?:\s+(?P<second>{_WORD}))?",
    re.IGNORECASE,
)


def anonymise(rows: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """Copies of journal turns without what points at a person; recordings and the names of documents are left out,
    times stay.
    """
    rows = list(rows)
    anonymiser = Anonymiser(text for row in rows for text in (row.get("user"), row.get("reply")) if text)
    return [_row(row, anonymiser) for row in rows]


def _row(row: dict[str, Any], anonymiser: Anonymiser) -> dict[str, Any]:
    clean = {key: value for key, value in row.items() if key != "audio"}
    for key in ("user", "reply", "heard", "error"):
        if isinstance(clean.get(key), str):
            clean[key] = anonymiser.text(clean[key])
    if isinstance(clean.get("revisions"), list):
        clean["revisions"] = [
            {**revision, "text": anonymiser.text(str(revision.get("text", "")))}
            for revision in clean["revisions"]
            if isinstance(revision, dict)
        ]
    if isinstance(clean.get("voice_differs"), list):
        clean["voice_differs"] = [
            {key: anonymiser.text(str(place.get(key, ""))) for key in ("sentence", "said")}
            for place in clean["voice_differs"]
            if isinstance(place, dict)
        ]
    if isinstance(clean.get("engines"), dict):
        clean["engines"] = {
            part: anonymiser.things(str(name), but=("number", "words", "phone"))
            for part, name in clean["engines"].items()
        }
    if isinstance(clean.get("passages"), list):
        clean["passages"] = [
            {key: passage.get(key) for key in ("page", "score")}
            for passage in clean["passages"]
            if isinstance(passage, dict)
        ]
    return clean


class Anonymiser:
    """Remembers which placeholder stands for what; ``texts`` are looked through first for people who are introduced."""

    def __init__(self, texts: Iterable[str] = ()) -> None:
        self._numbers: dict[str, dict[str, int]] = {}
        """Of each kind of placeholder: what it stands for -> its number."""
        self._introduced: set[str] = set(_FIRST_NAMES)
        self._capitalised: set[str] = set()
        for text in texts:
            self._learn(text)

    def text(self, text: str) -> str:
        self._learn(text)
        return self._names(self.things(text))

    def things(self, text: str, but: tuple[str, ...] = ()) -> str:
        """Replace everything but names, and but the kinds named."""

        def replace(match: re.Match[str]) -> str:
            kind = match.lastgroup if match.lastgroup != "quote" else "path"
            assert kind is not None  # every alternative of _THINGS has a name
            return match[0] if kind in (*but, "placeholder") else self._placeholder(_KINDS.get(kind, kind), match[0])

        return _THINGS.sub(replace, redact(text))

    def _placeholder(self, kind: str, what: str) -> str:
        numbers = self._numbers.setdefault(kind, {})
        return f"[{kind} {numbers.setdefault(what.casefold(), len(numbers) + 1)}]"

    def _learn(self, text: str) -> None:
        for cue in _CUE.finditer(text):
            names = [cue["first"], cue["second"]] if cue["full"] else [cue["first"]]
            for name in names:
                if not name or name.casefold().replace("'", "") in _NOT_NAMES:
                    break
                self._introduced.add(name.casefold())
        self._capitalised |= {word.casefold() for word, _, starts in _words(text) if _is_title(word) and not starts}

    def _names(self, text: str) -> str:
        pieces, end = [], 0
        words = list(_words(text))
        named = [self._is_name(word) for word, _, _ in words]
        for index in range(len(words) - 1, 0, -1):  # an unknown word before a surname, at the start of a sentence
            (word, match, starts), after = words[index - 1], words[index][1]
            between = text[match.end() : after.start()]
            if named[index] and starts and _is_title(word) and between == " " and word.casefold() not in _NOT_NAMES:
                named[index - 1] = True
        for (word, match, _), is_name in zip(words, named, strict=True):
            if is_name:
                pieces += [text[end : match.start()], self._placeholder("name", word)]
                end = match.end()
        return "".join(pieces) + text[end:]

    def _is_name(self, word: str) -> bool:
        plain = word.casefold()
        return plain in self._introduced or _is_title(word) and plain in self._capitalised


_KINDS = {"e_mail": "e-mail", "words": "number"}


def _words(text: str) -> Iterable[tuple[str, re.Match[str], bool]]:
    """Each word, where it is, and whether it starts a sentence (placeholders are no words)."""
    starts, last = True, ""
    for match in _TOKENS.finditer(text):
        if match["end"]:
            starts = not (match["end"] == "." and len(last) == 1 and last.isupper())  # "J. Smith"
            continue
        last = match["word"] or ""
        if last:
            yield last, match, starts
        starts = False


def _is_title(word: str) -> bool:
    return (
        len(word) > 1
        and word[0].isupper()
        and any(letter.islower() for letter in word[1:])
        and word.casefold().replace("'", "").replace("’", "") not in _NOT_NAMES
    )
