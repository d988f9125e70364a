"""What [kiosk] makes of the other sections: strangers talk here, and nobody watches over them."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import ClassVar

from assistant.config import Settings
from assistant.errors import UsageError
from assistant.modes.kiosk import quiet_hours
from assistant.settings import SafetySettings


@dataclass(frozen=True)
class StrictSafety(SafetySettings):
    refused_from: ClassVar[float] = 0.3
    """Strangers are refused what is less surely harmful than 0.5, which counts elsewhere."""


def strict(settings: Settings) -> Settings:
    """``settings`` as the kiosk takes them. Raises UsageError for what it refuses."""
    kiosk = settings.kiosk
    quiet_hours.read(kiosk.quiet_hours)
    if not settings.safety.enabled:
        raise UsageError(
            "[safety] enabled = false: a kiosk answers strangers, so it always keeps to the policy; set it to true, or "
            "set [safety] policy to a file of your own"
        )
    return replace(
        settings,
        endpointing=replace(settings.endpointing, max_turn=min(kiosk.max_turn, settings.endpointing.max_turn)),
        safety=StrictSafety(**asdict(settings.safety)),
        manners=replace(settings.manners, idle=""),  # a visit ends by silence instead
        journal=settings.journal
        if kiosk.journal == "as_configured"
        else replace(settings.journal, enabled=settings.journal.enabled and kiosk.journal != "none", audio=False),
    )
