"""ONNX Runtime behind one small class: model bytes in, arrays in, arrays out.

Its official builds report their use to their maker, by default and by a device id of their own, kept in the user's
cache. Ours reports nothing and keeps nothing: it is told so before it is imported, for its first event comes then.
"""

from __future__ import annotations

import hashlib
import os

import numpy as np
from numpy.typing import NDArray

from core.errors import ModelInvalid, ReaderFailed

os.environ["ORT_DISABLE_TELEMETRY"] = "1"
import onnxruntime

WARNINGS_AND_WORSE = 3


class OnnxModel:
    """A model of one input and one output, loaded once; runs on one thread, so that processes share the cores.

    A session of one thread starts no threads of its own and so survives a fork. `digest` is the first 12 digits of
    the SHA-256 of the model's bytes, for `signal_version`.
    """

    def __init__(self, model: bytes) -> None:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        options.inter_op_num_threads = 1
        # Every picture has another size: patterns kept for each would grow a process by hundreds of megabytes.
        options.enable_mem_pattern = False
        options.log_severity_level = WARNINGS_AND_WORSE
        try:
            self._session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
        except Exception as error:  # ONNX Runtime raises classes that it does not export
            raise ModelInvalid(f"the model cannot be loaded: {error}") from error
        self._input = self._session.get_inputs()[0].name
        self.digest = hashlib.sha256(model).hexdigest()[:12]

    @property
    def metadata(self) -> dict[str, str]:
        """The model's own key and value texts."""
        return dict(self._session.get_modelmeta().custom_metadata_map)

    def run(self, batch: NDArray[np.float32]) -> NDArray[np.float32]:
        """Run the model on `batch` (N, C, H, W) and return its one output.

        Raises:
            ReaderFailed: the model cannot be run on it.
        """
        try:
            answer = self._session.run(None, {self._input: batch})[0]
        except Exception as error:  # ONNX Runtime raises classes that it does not export
            raise ReaderFailed(f"the model cannot be run: {error}") from error
        return np.asarray(answer, dtype=np.float32)
