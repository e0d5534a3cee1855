"""What every page is built with: the services, what to read, and whom to follow."""

from __future__ import annotations

from dataclasses import dataclass, field

from dashboard.pages.news import News
from dashboard.pages.preferring import Preferring
from dashboard.pages.pulse import Pulse
from dashboard.pages.reads import PageReads
from workers.composition import Services


@dataclass(frozen=True)
class PageContext:
    """Shared by all pages of a process: `news` tells of results and recipes, `pulse` of how the parts are.

    What the user prefers is of the one page (`dataclasses.replace`).
    """

    services: Services
    reads: PageReads
    news: News
    pulse: Pulse
    preferring: Preferring = field(default_factory=Preferring)
