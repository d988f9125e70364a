"""The settings are read again, while the conversation goes on."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

from assistant import engines, events, knowledge, safety
from assistant.concurrency.failures import explained, failure
from assistant.config import Settings
from assistant.conversation import Conversation
from assistant.modes import Means, choose_wording, load_documents, only_unsure

Reread = Callable[[], Settings]
"""Reads all settings again. Raises UsageError."""

_AT_START = ("audio", "vad", "skills", "memory", "push_to_talk", "journal", "mcp")
"""Sections that are looked at only when the program starts."""
_KIOSK_AT_START = ("port", "page", "page_text", "page_qr", "log", "log_words", "ducking")
"""The same, of the keys of [kiosk]."""


async def reload_talk(
    conversation: Conversation, means: Means, reread: Reread, notice: Callable[[str], None], observe: events.Observer
) -> Means:
    """What the conversation is held with from its next turn on; ``means`` as they are when something is wrong, which is
    told.
    """
    try:
        new = await reloaded(means, reread(), notice, observe)
    except BaseException as error:
        notice(f"The settings stay as they were: {explained(failure(error), 'Reading them')}")
        return means
    await conversation.reconfigure(new.settings, new.engines, new.policy, new.guard())
    close_replaced(means, new)
    notice(told(means.settings, new.settings))
    return new


async def reloaded(
    means: Means, settings: Settings, notice: Callable[[str], None], observe: events.Observer = lambda event: None
) -> Means:
    """``means`` for ``settings``: engines and documents whose settings changed are loaded beside the old ones.

    Raises the first error; everything is as before then.
    """
    old = means.settings
    policy = safety.load(settings.safety, lambda: knowledge.question_embedder(settings.rag))
    parts: list[engines.Part] = [
        part for part in ("stt", "llm", "tts") if getattr(settings, part) != getattr(old, part)
    ]
    loads: list[Awaitable[Any]] = [engines.load_part(part, settings, notice, observe) for part in parts]
    other_documents = settings.rag != old.rag or only_unsure(settings) != only_unsure(old)
    if other_documents:
        loads.append(load_documents(settings, notice))
    loaded = await asyncio.gather(*loads, return_exceptions=True)
    if failed := [outcome for outcome in loaded if isinstance(outcome, BaseException)]:
        engines.close(*(outcome for outcome in loaded if outcome and not isinstance(outcome, BaseException)))
        raise failed[0]
    documents: Any = loaded[-1] if other_documents else means.documents
    engines_now = replace(means.engines, **dict(zip(parts, loaded)))
    if documents is not None and (other_documents or "llm" in parts):
        await choose_wording(documents, settings, engines_now.llm, notice)
    return replace(means, settings=settings, engines=engines_now, policy=policy, documents=documents)


def close_replaced(old: Means, new: Means) -> None:
    """Close what of ``old`` is not in ``new``, without waiting for it."""
    gone = [getattr(old.engines, part) for part in ("stt", "llm", "tts")]
    gone = [engine for engine in gone if engine is not None and engine not in vars(new.engines).values()]
    if old.documents is not None and old.documents is not new.documents:
        gone.append(old.documents)
    if gone:
        with contextlib.suppress(RuntimeError):  # the loop ends
            asyncio.get_running_loop().run_in_executor(None, engines.close, *gone)


def told(old: Settings, new: Settings) -> str:
    """One sentence about what changed, for the user."""
    changed = [name for name, section in vars(new).items() if section != getattr(old, name)]
    if not changed:
        return "The settings were read again; none has changed"
    later = [f"[{name}]" for name in changed if name in _AT_START]
    later += [f"[kiosk] {name}" for name in _KIOSK_AT_START if getattr(old.kiosk, name) != getattr(new.kiosk, name)]
    now = [f"[{name}]" for name in changed if name not in _AT_START]
    sentence = f"The settings were read again; {', '.join(now) or 'nothing'} counts from now on"
    return f"{sentence}, {', '.join(later)} from the next start on" if later else sentence
