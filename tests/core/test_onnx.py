"""ONNX Runtime behind one small class, on the bundled detection model."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from core.errors import ModelInvalid
from core.onnx import OnnxModel
from data.models import model
from tests.conftest import ROOT


@pytest.fixture(scope="module")
def detection() -> OnnxModel:
    return OnnxModel(model("ppocr-det").read())


def test_a_batch_goes_in_and_an_array_comes_out(detection: OnnxModel) -> None:
    answer = detection.run(np.zeros((1, 3, 64, 96), np.float32))
    assert answer.shape == (1, 1, 64, 96)
    assert answer.dtype == np.float32


def test_the_digest_names_the_bytes(detection: OnnxModel) -> None:
    assert detection.digest == model("ppocr-det").sha256[:12]


def test_the_recognition_model_carries_its_characters() -> None:
    assert "A" in OnnxModel(model("ppocr-rec").read()).metadata["character"].split("\n")


@pytest.mark.parametrize("data", [b"", b"not a model", b"\x08\x07\x12\x00" * 10], ids=["empty", "text", "cut"])
def test_bytes_that_are_no_model_are_refused(data: bytes) -> None:
    with pytest.raises(ModelInvalid, match="cannot be loaded"):
        OnnxModel(data)


READS = """
from core.onnx import OnnxModel
from data.models import model
print(OnnxModel(model("ppocr-det").read()).digest)
"""


def test_nothing_is_reported_to_anybody_nor_kept_for_it(tmp_path: Path) -> None:
    home = {"HOME": str(tmp_path), "XDG_CACHE_HOME": str(tmp_path / "cache")}
    without = {name: value for name, value in os.environ.items() if not name.startswith("ORT_")}
    said = subprocess.run(
        [sys.executable, "-B", "-c", READS],
        env={**without, **home},
        capture_output=True,
        check=True,
        text=True,
        cwd=ROOT,
    )
    assert said.stdout.strip() == model("ppocr-det").sha256[:12]
    assert list(tmp_path.rglob("*")) == [], "an id of this device, and events that wait to be sent"
