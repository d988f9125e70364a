"""The skills there are: those of this package and the user's own. One door for whoever has words to be understood."""

from __future__ import annotations

import importlib
import importlib.util
import os
from collections.abc import Callable, Collection, Iterator, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

from assistant.concurrency.failures import described, failure
from assistant.errors import AssistantError, UsageError
from assistant.skills import SKILLS, Action, Command, Here, Impossible, Sentences, Skill
from assistant.skills.matching import Matcher

_SORRY = "Sorry, that skill failed."


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
        self._matcher("en")

    def module(self, command: str) -> str:
        """The last part of the name of the module that does it."""
        return str(getattr(self._modules.get(command), "__name__", "")).rpartition(".")[2]

    def understood(self, words: str, language: str, here: Here) -> Iterator[tuple[Command, ...]]:
        """What ``words`` may mean, the likeliest first: one command, or several that were said together.

        Raises Impossible.
        """
        yield from self._matcher(language or "en").readings(words, here.now())
        for module in self._matching:
            if found := module.match(words, language or "en", here):
                yield (found,)

    def run(self, command: Command, here: Here) -> Action | None:
        """See `Skill.run`. What a skill raises becomes a sentence; what it did not foresee is told, too."""
        module = self._modules.get(command.name)
        try:
            if module is not None:
                return module.run(command, here)
            for matching in self._matching:
                if (action := matching.run(command, here)) is not None:
                    return action
            return None
        except Impossible as impossible:
            return Action(str(impossible))
        except BaseException as caught:
            error = failure(caught)
            if isinstance(error, AssistantError):
                return Action(f"{error}.")
            self._notice(f"the skill for {command.name} failed ({described(error)}); please report it")
            return Action(_SORRY)

    def action(self, words: str, language: str, here: Here) -> tuple[str, Action] | None:
        """The names of the commands that ``words`` mean and what becomes of them; None = they mean none."""
        try:
            for commands in self.understood(words, language, here):
                actions = [self.run(command, here) for command in commands]
                if actions and all(action is not None for action in actions):
                    return " and ".join(command.name for command in commands), _together(
                        [action for action in actions if action is not None]
                    )
        except Impossible as impossible:
            return "impossible", Action(str(impossible))
        except BaseException as error:
            self._notice(f"the words could not be looked up among the skills ({described(failure(error))})")
        return None

    def _matcher(self, language: str) -> Matcher:
        if language not in self._matchers:
            self._matchers[language] = Matcher(self.commands, language)
        return self._matchers[language]


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
    Matcher(module.COMMANDS)
    return module


def _together(actions: list[Action]) -> Action:
    if len(actions) == 1:
        return actions[0]

    async def do() -> str:
        said = []
        for action in actions:
            instead = await action.do() if action.do else None
            said.append(action.say if instead is None else instead)
        return " ".join(said)

    if all(action.do is None for action in actions):
        return Action(" ".join(action.say for action in actions))
    return Action("", do, keep_history=all(action.keep_history for action in actions))
