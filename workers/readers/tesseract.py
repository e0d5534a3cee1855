"""The Tesseract program, where it is installed: a picture to its standard input, a table of words back."""

from __future__ import annotations

import csv
import io
import shutil
import subprocess
from collections import defaultdict

import cv2
import numpy as np

from core.engines import Clock, Reader
from core.errors import ReaderUnavailable
from core.frame import Frame
from core.geometry import box_quad
from core.reading import LineReading, MarkReading
from core.stopwatch import Stopwatch
from workers.readers.plain_line import plain_line

PROGRAM = "tesseract"
ONE_BLOCK = "6"  # page segmentation mode: one uniform block of text
DARK = 110  # mean grey level under which the picture is inverted; Tesseract expects dark print
TIME_OUT_S = 60.0
WORD_LEVEL = "5"


class TesseractReader:
    """Tesseract on the whole picture, inverted when dark."""

    name = "tesseract"

    def __init__(self, program: str) -> None:
        self._program = program
        self.version = f"tesseract:{_version(program)}"

    def read(self, frame: Frame, clock: Clock) -> MarkReading:
        """Read every line of the whole picture, top to bottom.

        Raises:
            ReaderUnavailable: the program failed or did not answer in time.
        """
        watch = Stopwatch(clock)
        with watch.timing("read"):
            table = self._run(_prepared(frame))
        return MarkReading(tuple(_lines(table)), None, 0.0, (), watch.seconds)

    def _run(self, png: bytes) -> str:
        command = [self._program, "stdin", "stdout", "--psm", ONE_BLOCK, "tsv"]
        try:
            done = subprocess.run(command, input=png, capture_output=True, check=True, timeout=TIME_OUT_S)
        except subprocess.TimeoutExpired as error:
            raise ReaderUnavailable(f"tesseract did not answer within {TIME_OUT_S:.0f} s") from error
        except (subprocess.CalledProcessError, OSError) as error:
            raise ReaderUnavailable(f"tesseract failed: {error}") from error
        return done.stdout.decode("utf-8", "replace")


def _version(program: str) -> str:
    done = subprocess.run([program, "--version"], capture_output=True, text=True, check=False, timeout=TIME_OUT_S)
    words = (done.stdout or done.stderr).split()
    return words[1] if len(words) > 1 else "unknown"


def _prepared(frame: Frame) -> bytes:
    grey = cv2.cvtColor(frame.pixels, cv2.COLOR_BGR2GRAY)
    pixels = 255 - grey if float(grey.mean()) < DARK else grey
    _, encoded = cv2.imencode(".png", pixels)
    return bytes(np.asarray(encoded, dtype=np.uint8))


def _lines(table: str) -> list[LineReading]:
    rows = defaultdict(list)
    for row in csv.DictReader(io.StringIO(table), delimiter="\t", quoting=csv.QUOTE_NONE):
        if row["level"] == WORD_LEVEL and (row["text"] or "").strip():
            rows[row["block_num"], row["par_num"], row["line_num"]].append(row)
    return [_line(words) for words in rows.values()]


def _line(words: list[dict[str, str]]) -> LineReading:
    left = min(int(word["left"]) for word in words)
    top = min(int(word["top"]) for word in words)
    right = max(int(word["left"]) + int(word["width"]) for word in words)
    bottom = max(int(word["top"]) + int(word["height"]) for word in words)
    confidence = min(float(word["conf"]) for word in words) / 100.0
    return plain_line(" ".join(word["text"].strip() for word in words), box_quad(left, top, right, bottom), confidence)


def build() -> Reader:
    """Return the reader.

    Raises:
        ReaderUnavailable: the program is not installed.
    """
    program = shutil.which(PROGRAM)
    if program is None:
        raise ReaderUnavailable("the program tesseract is not installed; on Debian: apt install tesseract-ocr")
    return TesseractReader(program)
