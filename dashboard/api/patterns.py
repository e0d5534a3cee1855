"""What texts in a request may hold, as patterns; `dashboard.api.failures` says each in words."""

from __future__ import annotations

ONE_LINE = r"^[^\x00-\x1f\x7f]*$"
TEXT = r"^[^\x00]*$"
SOME_TEXT = r"^[^\x00]*[^\s\x00][^\x00]*$"
