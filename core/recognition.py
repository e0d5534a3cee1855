"""Reads crops of single text lines with PP-OCR's recognition model (SVTR with a CTC head)."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from core.alphabet import MARK_CHARACTERS, SPACE
from core.errors import ModelInvalid
from core.geometry import Matrix, box_quad, homography, side_lengths_wh
from core.onnx import OnnxModel
from core.reading import Emissions, Quad

CROP_HEIGHT_PX = 48
LEAST_WIDTH_PX, MOST_WIDTH_PX = 32, 960
STEP_PX = 8  # the model emits one distribution for every 8 px of width
MOST_IN_BATCH = 8
LEAST_PROBABILITY = 1e-9


class Recogniser:
    """PP-OCR's recogniser, its alphabet cut to what marks are made of."""

    def __init__(self, model: OnnxModel) -> None:
        known = model.metadata.get("character", "")
        if not known:
            raise ModelInvalid("the recognition model names no characters in its metadata")
        # Class 0 is the blank, then the characters as listed, then the space, which the list leaves out.
        classes = {character: index for index, character in enumerate(known.split("\n"), 1)}
        classes[SPACE] = len(known.split("\n")) + 1
        self.alphabet = tuple(character for character in MARK_CHARACTERS + SPACE if character in classes)
        self._columns = np.array([0, *(classes[character] for character in self.alphabet)])
        self._model = model
        self.version = f"rec-{model.digest}"

    def read(self, crops: Sequence[NDArray[np.uint8]]) -> list[Emissions]:
        """Return the emissions of each crop, in order; crops are (48, W), uint8, text running rightwards."""
        order = sorted(range(len(crops)), key=lambda index: crops[index].shape[1])
        answers: dict[int, Emissions] = {}
        for first in range(0, len(order), MOST_IN_BATCH):
            indices = order[first : first + MOST_IN_BATCH]
            answers |= zip(indices, self._batch([crops[index] for index in indices]), strict=True)
        return [answers[index] for index in range(len(crops))]

    def _batch(self, crops: Sequence[NDArray[np.uint8]]) -> list[Emissions]:
        width = max(crop.shape[1] for crop in crops)
        width += -width % STEP_PX
        batch = np.zeros((len(crops), 3, CROP_HEIGHT_PX, width), np.float32)
        for slot, crop in zip(batch, crops, strict=True):
            slot[:, :, : crop.shape[1]] = crop.astype(np.float32) / 127.5 - 1.0
        answers = self._model.run(batch)[:, :, self._columns]
        return [self._emissions(answer, crop.shape[1]) for answer, crop in zip(answers, crops, strict=True)]

    def _emissions(self, answer: NDArray[np.float32], width_px: int) -> Emissions:
        steps = min(len(answer), -(-width_px // STEP_PX))
        kept = np.maximum(answer[:steps], LEAST_PROBABILITY)
        normed = kept / kept.sum(axis=1, keepdims=True)
        return Emissions(np.log(normed).astype(np.float32), self.alphabet)


def crop_line(grey: NDArray[np.uint8], quad: Quad) -> tuple[NDArray[np.uint8], Matrix]:
    """Cut a line out of `grey` (H, W), uint8, at the recogniser's height, and give the matrix from crop to view."""
    width, height = (max(1.0, side) for side in side_lengths_wh(quad))
    wide = int(np.clip(round(width * CROP_HEIGHT_PX / height), LEAST_WIDTH_PX, MOST_WIDTH_PX))
    back = homography(box_quad(0, 0, wide - 1, CROP_HEIGHT_PX - 1), quad)
    size = (wide, CROP_HEIGHT_PX)
    flags = cv2.INTER_CUBIC | cv2.WARP_INVERSE_MAP
    crop = cv2.warpPerspective(grey, back, size, flags=flags, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(crop, dtype=np.uint8), back
