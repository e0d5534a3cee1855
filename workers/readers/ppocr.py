"""Builds the PP-OCR reader of `core` from the bundled models."""

from __future__ import annotations

from core.detection import Detector
from core.engines import Reader
from core.onnx import OnnxModel
from core.ppocr import PpOcrReader
from core.recognition import Recogniser
from data.models import model

DETECTION_MODEL = "ppocr-det"
RECOGNITION_MODEL = "ppocr-rec"


def build() -> Reader:
    """Load both models (about half a second) and return the reader.

    Raises:
        ModelInvalid: a model is missing or not the one its manifest names.
    """
    detector = Detector(OnnxModel(model(DETECTION_MODEL).read()))
    return PpOcrReader(detector, Recogniser(OnnxModel(model(RECOGNITION_MODEL).read())))
