"""The manifest of bundled models: what it names is here, and is what it says."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from pathlib import Path

import pytest

from core.errors import ModelInvalid
from data.models import Model, model, models

ROOT = Path(__file__).resolve().parents[2]
SOME = Model(
    name="some",
    version="1",
    sha256="0" * 64,
    licence="Apache-2.0",
    source="nowhere",
    package="rapidocr",
    path="models/PP-OCRv6_det_small.onnx",
)


@pytest.mark.parametrize("name", ["ppocr-det", "ppocr-rec"])
def test_every_model_of_the_manifest_is_installed_and_whole(name: str) -> None:
    data = model(name).read()
    assert hashlib.sha256(data).hexdigest() == model(name).sha256
    assert model(name).file().is_file()


def test_every_model_says_whose_it_is() -> None:
    for entry in models().values():
        assert entry.licence
        assert entry.source
        assert entry.version


def test_the_manifest_holds_nothing_else() -> None:
    document = json.loads((ROOT / "data" / "assets" / "models.json").read_text("utf-8"))
    assert document["schema"] == 1
    assert {row["name"] for row in document["models"]} == set(models())


def test_bytes_other_than_the_manifests_are_refused() -> None:
    with pytest.raises(ModelInvalid, match=r"not the one its manifest names.*install rapidocr again"):
        SOME.read()


@pytest.mark.parametrize(
    "missing",
    [
        pytest.param(replace(SOME, path="models/none.onnx"), id="file"),
        pytest.param(replace(SOME, package="no_such_package"), id="package"),
        pytest.param(replace(SOME, package="json", path="none.onnx"), id="file-of-a-standard-package"),
        pytest.param(replace(SOME, package="bisect"), id="a-module-is-no-package"),
    ],
)
def test_a_model_that_is_not_installed_is_said_to_be_so(missing: Model) -> None:
    with pytest.raises(ModelInvalid, match="is not installed"):
        missing.read()


@pytest.mark.parametrize("name", ["ppocr-det", "ppocr-rec"])
def test_every_model_of_the_manifest_passes_its_check(name: str) -> None:
    found = model(name)
    found.check()
    assert hashlib.sha256(found.read()).hexdigest() == found.sha256


def test_a_check_sees_what_has_become_of_a_file_since_the_last_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = tmp_path / "marksight_models_for_a_test"
    package.mkdir()
    (package / "__init__.py").touch()
    file = package / "some.onnx"
    file.write_bytes(b"the model")
    monkeypatch.syspath_prepend(str(tmp_path))
    some = replace(SOME, sha256=hashlib.sha256(b"the model").hexdigest(), package=package.name, path="some.onnx")
    some.check()
    file.write_bytes(b"the m0del")
    with pytest.raises(ModelInvalid, match=r"not the one its manifest names"):
        some.check()
    file.write_bytes(b"the model")
    some.check()
    file.unlink()
    with pytest.raises(ModelInvalid, match="is not installed"):
        some.check()


def test_an_unknown_name_lists_the_known_ones() -> None:
    with pytest.raises(ModelInvalid, match="ppocr-det, ppocr-rec"):
        model("other")


def test_a_digest_that_is_none_is_refused_when_the_manifest_is_read() -> None:
    with pytest.raises(ValueError, match="expected a SHA-256 of 64 digits"):
        replace(SOME, sha256="abc")
