"""The characters that marks are made of."""

from __future__ import annotations

import string

MARK_CHARACTERS = string.digits + string.ascii_uppercase + string.ascii_lowercase + "-/.+_#&():,*'®°µ"
SPACE = " "
