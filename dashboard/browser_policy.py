"""What browsers are told about every answer, so that a mistake of ours harms nobody who looks at it.

1. Every answer of both servers carries `EVERYWHERE`, with `BEHIND_TLS` where browsers come by https, and one
   `Content-Security-Policy`: what is no page runs, loads and shows nothing (`DATA`).
2. A page that the API draws by itself runs the scripts of this server, and has the styles of its own sheets and of the
   theme (`plain_page`). Nothing in it is evaluated.
3. A page of the workbench (`workbench`) runs the scripts that were written into it, known by a number that is drawn
   anew for each answer, and what these load. Why it may do more than that is said beside each word, and in
   `docs/security.md`.
4. No answer is kept by a browser or a proxy but files, and pictures that lie under their own digest.
"""

from __future__ import annotations

from collections.abc import Mapping

EVERYWHERE: Mapping[str, str] = {
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), display-capture=(), geolocation=(), microphone=(), payment=(), usb=()",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
}
"""What every answer says."""

BEHIND_TLS: Mapping[str, str] = {"Strict-Transport-Security": "max-age=31536000; includeSubDomains"}
"""What every answer says besides where browsers come by https (`MARKSIGHT_BEHIND_TLS`)."""

POLICY = "Content-Security-Policy"
NOT_KEPT = "no-store"

_NOTHING: Mapping[str, str] = {
    "default-src": "'none'",
    "base-uri": "'none'",
    "form-action": "'none'",
    "frame-ancestors": "'none'",
    "object-src": "'none'",
}
_OWN_PAGE: Mapping[str, str] = {
    **_NOTHING,
    "connect-src": "'self'",
    "font-src": "'self'",
    "form-action": "'self'",
    "img-src": "'self' data:",
}


def headers(*, behind_tls: bool) -> dict[str, str]:
    """Return what every answer says."""
    return {**EVERYWHERE, **(BEHIND_TLS if behind_tls else {})}


def plain_page(style_hash: str) -> str:
    """Return the policy of a page that the API draws; `style_hash` is that of the one sheet written into it."""
    return _written({**_OWN_PAGE, "script-src": "'self'", "style-src": f"'self' '{style_hash}'"})


def workbench(nonce: str) -> str:
    """Return the policy of a page of the workbench, whose own scripts say `nonce`."""
    return _written(
        {
            **_OWN_PAGE,
            "connect-src": "'self' blob:",  # components lie in the page's own memory, and are fetched from there
            "img-src": "'self' data: blob:",  # pictures that are shown before they are sent
            "script-src": f"'nonce-{nonce}' 'strict-dynamic'",
            "style-src": "'self' 'unsafe-inline'",  # Bokeh, Panel and Material UI write sheets into the page as they go
        }
    )


def _written(directives: Mapping[str, str]) -> str:
    return "; ".join(f"{name} {value}" for name, value in sorted(directives.items()))


DATA = _written(_NOTHING)
"""The policy of what is no page."""

PICTURE = _written({**_NOTHING, "style-src": "'unsafe-inline'"}) + "; sandbox"
"""The policy of a picture, which may be a drawing with styles of its own (SVG), if somebody opens it by itself."""
