"""One look at a package: text found along an axis once, read one way up or the other."""

from __future__ import annotations

from core.attempt import Attempt, Piece
from core.detection import Detector, TextBox
from core.geometry import View, turned
from core.orientation import along_x, is_clear, ways_by_axis
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

    def best(self, oriented: float) -> Attempt:
        """Read both ways up along the likelier axis, and along the other too unless that is settled.

        It is settled when the shapes of the text are clear and it read with a mean confidence of `oriented`.
        """
        shapes = self._axis(0)[1]
        first, second = ways_by_axis(shapes)
        best = self._better(first)
        if is_clear(shapes) and best.is_sure(oriented):
            return best
        return max(best, self._better(second), key=_score)

    def _better(self, ways: tuple[int, int]) -> Attempt:
        return max((self.attempt(way) for way in ways), key=_score)

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


def _score(attempt: Attempt) -> float:
    return attempt.score
