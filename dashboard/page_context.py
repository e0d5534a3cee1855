"""What every page is built with: the services, what to read, and whom to follow."""

from __future__ import annotations

from dataclasses import dataclass

from dashboard.following import Following
from dashboard.page_reads import PageReads
from dashboard.pulse import Pulse
from workers.composition import Services


@dataclass(frozen=True)
class PageContext:
    """Shared by all pages of a process: `news` tells of results, `pulse` of how the parts are."""

    services: Services
    reads: PageReads
    news: Following
    pulse: Pulse
