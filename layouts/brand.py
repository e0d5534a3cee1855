"""The brand: a package with its leads, and a check on it."""

from __future__ import annotations

BRAND = (
    '<svg viewBox="0 0 20 20" width="20" height="20" aria-hidden="true" fill="none" stroke="currentColor" '
    'stroke-width="1.75" stroke-linecap="round"><rect x="4" y="2.5" width="12" height="15" rx="1.5"/>'
    '<path d="M1.5 6H4M1.5 10H4M1.5 14H4M16 6h2.5M16 10h2.5M16 14h2.5M7 10.2l2.2 2.2L13 8"/></svg>'
)
