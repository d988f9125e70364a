"""What is said aloud when an engine failed: what happened, in words for the ear. The screen shows the error itself."""

from __future__ import annotations

from assistant.errors import AssistantError, NotReady


def of_hearing(error: AssistantError) -> str:
    if isinstance(error, NotReady):
        return "Sorry, speech recognition is not ready yet. Please say that again in a moment."
    return "Sorry, speech recognition failed."


def of_thinking(error: AssistantError, begun: bool) -> str:
    """``begun``: whether some of the reply was written."""
    if isinstance(error, NotReady):
        return "Sorry, the language model is not ready yet. Please ask again in a moment."
    return "Sorry, the language model broke off." if begun else "Sorry, the language model did not answer."
