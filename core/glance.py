"""One look at a package: text found along an axis once, read one way up or the other."""

from __future__ import annotations

from collections.abc import Iterable

from core.attempt import Attempt, Piece
from core.detection import Detector, TextBox
from core.geometry import View, turned
from core.orientation import along_x, ways_to_try
from core.recognition import Recogniser, crop_line
from core.stopwatch import Stopwatch


class Glance:
    """A view of a package, in which text is sought along each axis at most once, and only when it is asked for."""

    def __init__(self, view: View, detector: Detector, recogniser: Recogniser, watch: Stopwatch) -> None:
        self._view = view
        self._detector = detector
        self._recogniser = recogniser
        self._watch = watch
        self._axes: dict[int, tuple[View, list[TextBox]]] = {}

    def best(self, way: int | None = None) -> Attempt:
        """Read `way` up, or every way that the text found allows, and return what reads best."""
        ways: Iterable[int] = (way,) if way is not None else ways_to_try(self._axis(0)[1])
        return max((self.attempt(way) for way in ways), key=lambda attempt: attempt.score)

    def attempt(self, way: int) -> Attempt:
        """Read the text that is upright after `way` quarter turns counter-clockwise."""
        view, boxes = self._axis(way % 2)
        quads = [turned(box.quad, way - way % 2) for box in along_x(boxes)]
        with self._watch.timing("read"):
            crops = [crop_line(view.pixels, quad) for quad in quads]
            answers = self._recogniser.read([crop for crop, _ in crops])
        pieces = (
            Piece(view.original(quad), answer, view.to_original @ back)
            for quad, answer, (_, back) in zip(quads, answers, crops, strict=True)
        )
        return Attempt(way, tuple(pieces))

    def _axis(self, quarter: int) -> tuple[View, list[TextBox]]:
        """Return the view as it is (0) or turned by a quarter (1), and the pieces of text found in it."""
        if quarter not in self._axes:
            view = self._view.turned(quarter)
            with self._watch.timing("detect"):
                self._axes[quarter] = view, self._detector.detect(view.pixels)
        return self._axes[quarter]
