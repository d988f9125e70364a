"""The skills there are: those of this package and the user's own. One door for whoever has words to be understood."""

from __future__ import annotations

import importlib
import importlib.util
import os
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from types import ModuleType
from typing import Any

from assistant.concurrency.failures import described, failure
from assistant.errors import AssistantError, UsageError
from assistant.skills import SKILLS, Action, Before, Command, Here, Impossible, Sentences, Skill, learned
from assistant.skills.asking import asking_back, foreign_answers, foreign_asks
from assistant.skills.follow_ups import built_on, deeds, references, taken_back
from assistant.skills.stored import list_files
from assistant.skills.talk import documents, foreign_talk, unknown
from assistant.skills.time import ahead_of, no_time, not_kept, two_reminders, waiting
from assistant.skills.values import list_words
from assistant.skills.words import asides, corrections, languages, negated
from assistant.skills.words.assent import NOT_DONE
from assistant.skills.words.languages import told
from assistant.skills.words.matching import Matcher, check

NOTHING = Before()
_LAST = "outside."
"""Commands that say what cannot be done: whatever can do it goes before."""
_TELLING = ("clock.", "sums.", "talking.", "outside.")
"""Commands that are answered with nothing done; of all others nothing is done where that cannot be."""
_SORRY = "Sorry, that skill failed."
_WAITS = "Take your time."


class Skills:
    def __init__(self, modules: Sequence[Skill], notice: Callable[[str], None] = lambda text: None) -> None:
        """``notice`` is told of what a skill did not foresee."""
        self._notice = notice
        self._modules = {row.name: module for module in modules for row in getattr(module, "COMMANDS", ())}
        self._matching: list[Any] = [module for module in modules if hasattr(module, "match")]
        self.commands: tuple[Sentences, ...] = tuple(
            row for module in modules for row in getattr(module, "COMMANDS", ())
        )
        self._matchers: dict[str, Matcher] = {}
        learned.load()
        self._matcher("en").load()

    def close(self) -> None:
        """End what a skill keeps open."""
        for module in self._matching:
            if close := getattr(module, "close", None):
                close()

    def module(self, command: str) -> str:
        """The last part of the name of the module that does it."""
        return str(getattr(self._modules.get(command), "__name__", "")).rpartition(".")[2]

    def understood(
        self, words: str, language: str, here: Here, before: Before = NOTHING
    ) -> Iterator[tuple[Command, ...]]:
        """What ``words`` may mean, the likeliest first: one command, or several that were said together.

        Raises Impossible.
        """
        matcher, now = self._matcher(language or "en"), here.now()

        is_english = language in ("", "en")

        def plainly(sentence: str) -> tuple[Command, ...]:
            return matcher.understood(sentence, now) or self._elsewhere(sentence, language, here)

        def understand(sentence: str) -> tuple[Command, ...]:
            if is_english and (both := two_reminders.both(sentence, plainly, now)):
                return both
            return plainly(sentence)

        if before.question and (answered := asking_back.plainly(before.question, words, understand, now)):
            yield answered
        if is_english and (of_last := taken_back.of_last(words, before, understand, here)):
            yield of_last
        if is_english and (of_it := references.of_it(words, before.done, understand, here)):
            yield of_it
        if is_english and (follows := built_on.built_on(words, before.done, understand, here)):
            yield follows
        if is_english and (before_it := ahead_of.ahead(words, before.done, now)):
            yield before_it
        for first, second in matcher.halves(words) if is_english and references.IT.search(words.lower()) else ():
            if (done := understand(first)) and all(command.name == "home" for command in done):
                if of_it := references.of_it(second, done, understand, here):  # "and set it to 40 percent"
                    yield (*done, *of_it)
        if is_english and (meant := corrections.corrected(words, understand, now)):
            yield meant
        if is_english and (both := two_reminders.both(words, plainly, now)):
            yield both
        likeliest = matcher.understood(words, now)
        matches = matcher.matches(words, now)
        if is_english and references.is_of_nothing(words, (*likeliest, *matches), before.done, now):
            likeliest, matches = (), []
        if likeliest and all(command.name.startswith(_LAST) for command in likeliest):
            if there := self._elsewhere(words, language, here):  # a home plays music, a fact tells the next appointment
                yield there
            if before.question and (answered := asking_back.perhaps(before.question, words, understand)):
                yield answered  # "call the plumber", when asked for a task
        if likeliest:
            yield likeliest
        yield from ((command,) for command in matches if (command,) != likeliest)
        if found := self._elsewhere(words, language, here):
            yield found
        for halves in matcher.halves(words):
            parts = [understand(half) for half in halves]
            if all(parts):
                found = tuple(command for part in parts for command in part)
                yield found
        if not (likeliest or matches or found):
            if before.question and (answered := asking_back.perhaps(before.question, words, understand)):
                yield answered
            if is_english and (again := references.what_about(words, before.done, understand, now)):
                yield again
        if is_english:  # also where what a template understood cannot be done: "no more sound out of you, please"
            shorter = list(asides.without(words))
            for sentence in shorter:
                if (found := plainly(sentence)) and _is_main(found, asides.beside(words, sentence), plainly):
                    yield found
            for sentence in list(corrections.replaced(words, now)) or (words,):
                yield from self._learned(sentence, here, before)
            for sentence in filter(partial(asides.is_main, words), shorter):
                for found in self._learned(sentence, here, before):
                    if _is_main(found, asides.beside(words, sentence), plainly):
                        yield found

    def _learned(self, words: str, here: Here, before: Before) -> Iterator[tuple[Command, ...]]:
        """What no template foresees, by the plain words for it that one does."""
        for plain in learned.shipped().plainly(words, here.now()):
            found = self._matcher("en").understood(plain.words, here.now())
            if not found or not all(command.name in plain.names for command in found):  # "play stereo" is no song here
                found = self._elsewhere(plain.words, "en", here)
            if found and references.is_of_nothing(words, found, before.done, here.now()):
                return
            if any(_is_no_list(command, words, here) for command in found):
                return
            if found and all(command.name in plain.names for command in found):
                yield tuple(_as_said(command, words, plain.words) for command in found)
                return

    def _elsewhere(self, words: str, language: str, here: Here) -> tuple[Command, ...]:
        """What a skill understands whose sentences come from elsewhere."""
        matches = (module.match(words, language or "en", here) for module in self._matching)
        return next(((found,) for found in matches if found is not None), ())

    def run(self, command: Command, here: Here) -> Action | None:
        """See `Skill.run`. What a skill raises becomes a sentence; what it did not foresee is told, too."""
        module = self._modules.get(command.name)
        if asked := foreign_asks.asked_back(command):
            return asked
        try:
            if module is not None:
                return _noted(deeds.watched(module.run(command, here), command, here), command, here)
            for matching in self._matching:
                if (action := matching.run(command, here)) is not None:
                    return action
            return None
        except Impossible as impossible:
            return Action(str(impossible), asks_back=impossible.asks_back)
        except BaseException as caught:
            error = failure(caught)
            if isinstance(error, AssistantError):
                return Action(f"{error}.")
            self._notice(f"the skill for {command.name} failed ({described(error)}); please report it")
            return Action(_SORRY)

    def action(self, words: str, language: str, here: Here, before: Before = NOTHING) -> tuple[str, Action] | None:
        """The names of the commands that ``words`` mean and what becomes of them; None = they mean none. Said in
        another language than English, where there is a reply in it."""
        try:
            if before.question and asking_back.declines(words, asked_in := before.question.language):
                return "never_mind", Action(NOT_DONE if asked_in == "en" else foreign_answers.not_wanted(asked_in))
            if before.question and asking_back.hesitates(words):
                return "waiting", Action(_WAITS, asks_back=before.question)
            if found := decided(self, words, language, here, before):
                commands, actions = found
                whole = _together([_translated(action, command, here) for command, action in zip(commands, actions)])
                return " and ".join(command.name for command in commands), replace(whole, commands=commands)
            if language in ("", "en") and (said := negated.said_of(words, self._plainly(here))):
                return "never_mind", Action(said)
            return otherwise(words, language, here)
        except Impossible as impossible:
            return "impossible", Action(str(impossible), asks_back=impossible.asks_back)
        except BaseException as error:
            self._notice(f"the words could not be looked up among the skills ({described(failure(error))})")
        return None

    def _plainly(self, here: Here) -> Callable[[str], tuple[Command, ...]]:
        """What words are as they stand, to ask for later."""
        return lambda words: self._matcher("en").understood(words, here.now()) or self._elsewhere(words, "en", here)

    def _matcher(self, language: str) -> Matcher:
        if language not in self._matchers:
            self._matchers[language] = Matcher(self.commands, language)
        return self._matchers[language]


def _is_main(
    commands: tuple[Command, ...], beside: Sequence[str], plainly: Callable[[str], tuple[Command, ...]]
) -> bool:
    """Whether only they are asked for, and what is said beside them is the reason: "turn it up, it's too quiet"."""
    if all(command.name.startswith(asides.KINDS) for command in commands):
        return True
    if not all(command.name.startswith(asides.THINGS) for command in commands):
        return False
    return not any(map(plainly, beside)) and not asides.is_of_it(commands[0].words, beside)


def _is_no_list(command: Command, words: str, here: Here) -> bool:
    """Whether what it takes for a list is none: "What did the gardener bring?"."""
    name = list_words.list_name(str(command.values.get("list", "")))
    return "list" not in words.lower() and not list_files.is_known(name, here.folder / "lists")


def otherwise(words: str, language: str, here: Here) -> tuple[str, Action] | None:
    """What is answered to words that are no command, and to which a language model would make something up: a name, and
    what is said. Raises AssistantError."""
    if foreign := foreign_talk.answer(words, language, here):
        return "talking.foreign", foreign
    if language not in ("", "en"):
        return None
    if said := no_time.said_of(words, here.now()):
        return "impossible", Action(said)
    if said := not_kept.said_of(words, here):
        return "impossible", Action(said)
    if said := documents.said_of(words, here):
        return "documents.search", Action(said)
    return ("memory.unknown", Action(said)) if (said := unknown.said_of(words, here)) else None


def decided(
    skills: Skills, words: str, language: str, here: Here, before: Before = NOTHING
) -> tuple[tuple[Command, ...], list[Action]] | None:
    """The likeliest of the commands that ``words`` may mean of which all become an action. Raises Impossible."""
    for commands in skills.understood(words, language, here, before):
        actions = [action for command in commands if (action := skills.run(command, here)) is not None]
        if actions and len(actions) == len(commands):
            return commands, actions
    return None


def load(
    path: str = "", only: Collection[str] | None = None, notice: Callable[[str], None] = lambda text: None
) -> Skills:
    """Blocks some 0.2 s. ``path``: the folder of the user's own skills; ``only``: the last parts of the names of those
    that are wanted, and no others; ``notice`` is told of a skill that cannot be taken.
    """
    modules: list[Any] = [
        importlib.import_module(name) for name in SKILLS if only is None or name.rpartition(".")[2] in only
    ]
    return Skills([*modules, *(own(Path(path).expanduser(), notice) if path and only is None else ())], notice)


def own(folder: Path, notice: Callable[[str], None]) -> list[Any]:
    """The modules of the user's folder; ``notice`` is told of each that is left out."""
    if not folder.is_dir():
        notice(f"[skills] path {folder}: there is no such folder; make it, or leave the setting empty")
        return []
    taken = []
    for file in sorted(folder.glob("*.py")):
        try:
            taken.append(_imported(file))
        except (Exception, SystemExit) as error:
            why = str(error) if isinstance(error, AssistantError) else described(error)
            notice(f"{file}: this skill is left out ({why}); mend it and start again")
    return taken


def _imported(file: Path) -> ModuleType:
    """Raises UsageError for what is no skill, and whatever its code raises."""
    if os.name == "posix" and (file.stat().st_mode & 0o022 or file.stat().st_uid not in (os.getuid(), 0)):
        raise UsageError("others can write it; take that away with chmod go-w")
    spec = importlib.util.spec_from_file_location(f"own_skill_{file.stem}", file)
    assert spec is not None and spec.loader is not None  # the name ends in .py
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    if not callable(getattr(module, "run", None)) or not getattr(module, "COMMANDS", ()):
        raise UsageError("it has no COMMANDS or no function run; see CONTRIBUTING")
    check(module.COMMANDS)
    return module


def _as_said(command: Command, words: str, plain: str) -> Command:
    """The home must be told what was meant; the others look at what was said."""
    values = {**command.values, "words": plain} if command.name == "home" else command.values
    return replace(command, values=values, words=words)


def _noted(action: Action | None, command: Command, here: Here) -> Action | None:
    """With what must be said of it, too."""
    if action is None or action.do is None or not (note := waiting.note(command, here)):
        return action
    do, say = action.do, f"{action.say} {note}".strip()

    async def noted() -> str | None:
        instead = await do()
        return None if instead is None else f"{instead} {note}".strip()

    return replace(action, say=say, do=noted)


def _translated(action: Action, command: Command, here: Here) -> Action:
    if command.language in languages.LANGUAGES and command.name in told.TELLS:
        return replace(action, say=told.told(command, here), asks_back=None)
    reply = "" if command.language == "en" else languages.reply(command, here.now())
    if not reply:
        return action
    do = action.do
    if do is None or told.lacks(command, here):
        is_told = command.name.startswith(_TELLING)
        return replace(action, say=reply if is_told else told.not_done(command, here), do=None, asks_back=None)
    reply = f"{reply} {waiting.note(command, here)}".strip()

    async def translated() -> None:
        await do()

    return replace(action, say=reply, do=translated)


def _together(actions: list[Action]) -> Action:
    if len(actions) == 1:
        return actions[0]

    async def do() -> str:
        said = []
        for action in actions:
            instead = await action.do() if action.do else None
            said.append(action.say if instead is None else instead)
        return " ".join(said)

    asks_back = next((action.asks_back for action in reversed(actions) if action.asks_back), None)
    if all(action.do is None for action in actions):
        return Action(" ".join(action.say for action in actions), asks_back=asks_back)
    asked = " ".join(action.ask for action in actions if action.ask)  # none of them is done without its yes
    keeps, undo = all(action.keep_history for action in actions), deeds.together(actions)
    return Action("", do, asked, keep_history=keeps, asks_back=asks_back, undo=undo)
