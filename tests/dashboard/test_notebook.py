"""The notebook in `docs/` works as it stands, and what it shows needs neither server nor network."""

from __future__ import annotations

import sys
from typing import Any

import nbformat
import pytest
from nbclient import NotebookClient

from core.engines import Engines
from core.errors import ImageRefused
from dashboard.notebook import engines, inspected
from data import bundled
from tests.conftest import ROOT

NOTEBOOK = ROOT / "docs" / "notebook.ipynb"


@pytest.fixture(scope="module")
def using() -> Engines:
    return engines()


def sample(name: str) -> bundled.Sample:
    return next(one for one in bundled.samples() if one.name == name)


@pytest.fixture(scope="module")
def executed(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """The notebook after every cell was run, with the Python of this test."""
    folder = tmp_path_factory.mktemp("jupyter")
    spec = folder / "kernels" / "here"
    spec.mkdir(parents=True)
    argv = f'["{sys.executable}", "-m", "ipykernel_launcher", "-f", "{{connection_file}}"]'
    (spec / "kernel.json").write_text(f'{{"argv": {argv}, "display_name": "here", "language": "python"}}')
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("JUPYTER_PATH", str(folder))
        NotebookClient(notebook, timeout=120, kernel_name="here", resources={"metadata": {"path": str(ROOT)}}).execute()
    return notebook


def outputs(notebook: Any, source: str) -> list[Any]:
    (cell,) = [one for one in notebook.cells if one.cell_type == "code" and one.source == source]
    found: list[Any] = cell.outputs
    return found


def test_every_cell_runs(executed: Any) -> None:
    counts = [cell.execution_count for cell in executed.cells if cell.cell_type == "code"]
    assert counts == list(range(1, len(counts) + 1))
    assert len(counts) > 3


@pytest.mark.parametrize("source", ["Photo(model)", "ExpectedAgainstRead(model)"])
def test_two_cells_of_the_pages_are_shown(executed: Any, source: str) -> None:
    shown = {kind for output in outputs(executed, source) for kind in output.get("data", {})}
    assert "text/html" in shown
    assert "application/vnd.holoviews_exec.v0+json" in shown


def test_the_notebook_asks_no_other_host(executed: Any) -> None:
    sources = " ".join(cell.source for cell in executed.cells)
    assert "http" not in sources


def test_the_notebook_is_kept_without_outputs() -> None:
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    assert [cell.outputs for cell in notebook.cells if cell.cell_type == "code" and cell.outputs] == []


def test_a_photo_is_judged_here_and_now(using: Engines) -> None:
    photo = sample("mc74hc32an-clean-1.jpg")
    model = inspected(photo.read(), bundled.recipes()[photo.recipe], using=using)
    assert model.verdict == "pass"
    assert [line["text"] for line in model.lines] == list(photo.lines)
    assert model.image_url.startswith("data:image/jpeg;base64,")
    assert model.limits["ocr"]["accept"] > 0


def test_without_a_recipe_it_is_read_only(using: Engines) -> None:
    model = inspected(sample("mc74hc32an-clean-1.jpg").read(), using=using)
    assert model.verdict == "not_judged"
    assert model.recipe is None
    assert model.lines


def test_what_is_no_photo_is_refused(using: Engines) -> None:
    with pytest.raises(ImageRefused):
        inspected(b"no photo", using=using)
