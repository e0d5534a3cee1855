"""The inspection in view: what the API says of it, and what its cells derive from that."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import param

from dashboard.models.results import CANCELLED
from data.tables import FINAL_STATES

SIGNALS = ("ocr", "logo", "signature", "surface")
LAYERS = ("package", "lines", "characters", "text")


class InspectionModel(param.Parameterized):
    """One inspection as the API's InspectionView tells it, with the recipe document that judged it."""

    captured_at = param.String(doc="When its photo was taken, ISO 8601 with zone; empty: when it came in.")
    created_at = param.String(doc="When its photo came in, ISO 8601 with zone; empty while none is in view.")
    error = param.Dict(
        default=None, allow_None=True, doc="Why it could not be inspected: code and detail; None: it could."
    )
    evidence = param.Dict(default=None, allow_None=True, doc="Its evidence document; None until it is judged.")
    file_name = param.String(doc="What the photo's file was called, where it had a name.")
    id = param.String(doc="Its id; empty while none is in view.")
    image_url = param.String(doc="Where its photo is, on this server, or a data URL.")
    layers = param.List(default=list(LAYERS), item_type=str, doc="Layers of evidence drawn over the photo.")
    limits = param.Dict(default={}, doc="The recipe's limits by signal: accept, reject, margin, weight, required.")
    missing = param.Boolean(doc="It was asked for and does not exist.")
    newer = param.String(doc="Id of the inspection after it in the list it was opened from; empty: none.")
    older = param.String(doc="Id of the inspection before it; empty: none.")
    pass_score = param.Number(default=None, allow_None=True, doc="The recipe's pass score, 0..1.")
    pointed = param.List(default=[], item_type=int, doc="Line and character pointed at, from 0; empty: none.")
    problem = param.String(doc="Why it cannot be shown, in words; empty: it can.")
    recipe = param.Dict(
        default=None, allow_None=True, doc="The recipe that judged it: id, name, version; None: read only."
    )
    size_wh = param.List(default=[], item_type=int, doc="Width and height of its photo, px.")
    state = param.String(default="", doc="received, queued, running, done, failed or cancelled.")
    verdict = param.String(default=None, allow_None=True, doc="pass, fail, borderline, not_judged; None: not yet.")

    def show(
        self, view: Mapping[str, Any], recipe: Mapping[str, Any] | None = None, *, newer: str = "", older: str = ""
    ) -> None:
        """Take over an InspectionView, the document of the recipe version that judged it, and its neighbours' ids."""
        image = view.get("image") or {}
        self.param.update(
            captured_at=str(view.get("captured_at") or ""),
            created_at=str(view.get("created_at") or ""),
            error=dict(view["error"]) if view.get("error") else None,
            evidence=dict(view["evidence"]) if view.get("evidence") else None,
            file_name=str(view.get("file_name") or ""),
            id=str(view["id"]),
            image_url=str(image.get("url") or ""),
            limits=dict((recipe or {}).get("signals", {})),
            missing=False,
            newer=newer,
            older=older,
            pass_score=(recipe or {}).get("pass_score"),
            pointed=[],
            problem="",
            recipe=dict(view["recipe"]) if view.get("recipe") else None,
            size_wh=[image["width_px"], image["height_px"]] if image.get("width_px") else [],
            state=str(view["state"]),
            verdict=view.get("verdict"),
        )

    def miss(self, inspection_id: str) -> None:
        """Say that there is no inspection of this id."""
        with param.parameterized.batch_call_watchers(self):
            self.show({"id": inspection_id, "state": ""})
            self.missing = True

    @property
    def settled(self) -> bool:
        """Whether nothing more will happen to it."""
        return self.state in FINAL_STATES

    @property
    def lines(self) -> list[dict[str, Any]]:
        """The lines read."""
        return list((self.evidence or {}).get("lines", []))

    @property
    def fields(self) -> list[dict[str, Any]]:
        """The expected lines against what was read."""
        return list((self.evidence or {}).get("fields", []))

    @property
    def reasons(self) -> list[str]:
        """Why it was judged so, in words, gravest first."""
        if self.error:
            return [str(self.error.get("detail") or self.error.get("code"))]
        if self.state == "cancelled":
            return [CANCELLED]
        return [str(reason["words"]) for reason in (self.evidence or {}).get("reasons", [])]

    @property
    def seconds(self) -> dict[str, float]:
        """Time by step, in order."""
        return dict((self.evidence or {}).get("seconds", {}))

    @property
    def signals(self) -> list[dict[str, Any]]:
        """One row a signal that the recipe names or that was measured: score and margin beside their limits."""
        measured = (self.evidence or {}).get("signals", {})
        return [
            _signal_row(name, measured.get(name) or {}, self.limits.get(name) or {})
            for name in SIGNALS
            if name in self.limits or name in measured
        ]


def _signal_row(name: str, measured: Mapping[str, Any], limits: Mapping[str, Any]) -> dict[str, Any]:
    score = measured.get("score", -1)
    known = score is not None and score >= 0
    return {
        "signal": name,
        "score": score if known else None,
        "margin": measured.get("margin") if known else None,
        "accept": limits.get("accept"),
        "reject": limits.get("reject"),
        "margin_limit": limits.get("margin"),
        "required": limits.get("required", True),
    }
