"""What was said in a conversation, as the language model is shown it: of a reply only the words that were heard."""

from __future__ import annotations

from assistant.knowledge import Retrieved
from assistant.llm import Message
from assistant.reply import prompt
from assistant.turn import Turn

_REMEMBERED = 2000  # messages; the oldest half goes then, long after it fell out of the model's context


class History:
    def __init__(self, system: Message) -> None:
        self.messages: list[Message] = []
        """The user's and the assistant's, oldest first."""
        self._system = system

    def prompt(self, user: str, found: Retrieved | None = None) -> list[Message]:
        """What the model is asked when the user says ``user``."""
        return prompt.messages(self._system, self.messages, user, found)

    def opening(self) -> list[Message]:
        """What every next prompt begins with."""
        return prompt.merged([self._system, *self.messages])

    def questions(self) -> list[str]:
        """What the user said, oldest first."""
        return [message.content for message in self.messages if message.role == "user"]

    def remember(self, turn: Turn) -> None:
        """Add a turn that has ended; nothing of one that a small model would repeat for ever."""
        if turn.user and turn.outcome not in ("unsure", "unknown"):
            self.messages.append(Message("user", turn.user))
            if turn.heard:
                self.messages.append(Message("assistant", turn.heard))
        if len(self.messages) > _REMEMBERED:
            del self.messages[: _REMEMBERED // 2]
