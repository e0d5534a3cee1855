"""Services without any service: for what is asked of an app or a server that needs no database."""

from __future__ import annotations

from dataclasses import dataclass, field
from uuid import UUID

from data.settings import Settings
from workers.counting import Counting
from workers.tracing import Tracing


@dataclass
class BareServices:
    """Services of which only the settings are asked."""

    settings: Settings
    counting: Counting = field(default_factory=lambda: Counting(UUID(int=1)))
    tracing: Tracing = field(default_factory=Tracing)
