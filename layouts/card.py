"""A card: a titled block that can be folded."""

from __future__ import annotations

from typing import Any

from panel_material_ui.layout import Card

CARD_STYLE = {
    "borderRadius": "4px",
    "& .MuiCardHeader-root": {"padding": "4px 8px 4px 16px", "minHeight": "40px"},
    "& .MuiCardHeader-root .MuiTypography-root": {"fontSize": "14px !important", "fontWeight": "600 !important"},
    "& .MuiCardHeader-action": {"margin": 0, "alignSelf": "center"},
    "& .MuiCardHeader-action .MuiIconButton-root": {"color": "var(--ms-ink-soft)"},
    "& .MuiCardContent-root": {"padding": "4px 16px 16px !important"},
}


def card(title: str, *objects: Any, folded: bool = False, **params: Any) -> Card:
    """Return a card of `objects` under `title`, open unless `folded`."""
    params.setdefault("sizing_mode", "stretch_width")
    params.setdefault("margin", 0)
    return Card(*objects, title=title, collapsed=folded, variant="outlined", elevation=0, sx=CARD_STYLE, **params)
