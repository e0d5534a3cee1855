"""The house stands as `docs/architecture.md` says: imports point one way, and core is pure."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
MAY_IMPORT = {
    "core": {"core"},
    "data": {"core", "data"},
    "workers": {"core", "data", "workers"},
    "layouts": {"core", "layouts"},
    "dashboard": {"core", "data", "workers", "layouts", "dashboard"},
}
"""core <- data <- workers <- dashboard, and core <- layouts <- dashboard."""

PURE = {"cv2", "numpy", "onnxruntime", "PIL"}
PURE_STANDARD = {
    "__future__", "bisect", "collections", "contextlib", "copy", "dataclasses", "datetime", "decimal", "enum",
    "fractions", "functools", "hashlib", "heapq", "html", "io", "itertools", "json", "math", "operator", "re",
    "statistics", "string", "struct", "textwrap", "types", "typing", "unicodedata", "uuid", "warnings", "zlib",
}  # fmt: skip
"""All that core may import: no environment, files, sockets, clock, randomness, threads or framework."""

IMPURE_CALLS = {
    "open",
    "print",
    "input",
    "exec",
    "eval",
    "uuid1",
    "uuid4",
    "now",
    "utcnow",
    "today",
    "imread",
    "imwrite",
}
MODELS = ROOT / "dashboard" / "models"


def sources(package: str) -> list[Path]:
    return sorted((ROOT / package).rglob("*.py"))


def imported(path: Path) -> Iterator[tuple[int, str]]:
    """Yield (line, module) of every import, those inside functions too."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}:{node.lineno}: write imports in full"
            yield node.lineno, node.module or ""


def called(path: Path) -> Iterator[tuple[int, str]]:
    """Yield (line, name) of every call by a plain or dotted name."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            yield node.lineno, node.func.id
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            yield node.lineno, node.func.attr


def where(path: Path, line: int) -> str:
    return f"{path.relative_to(ROOT)}:{line}"


TELLS_ONNX_RUNTIME = ROOT / "core" / "onnx.py"
"""Sets one variable, and reads none: ONNX Runtime is told in no other way, and before its import, to report nothing."""


@pytest.mark.parametrize("package", MAY_IMPORT)
def test_imports_point_one_way(package: str) -> None:
    wrong = [
        f"{where(path, line)} imports {module}"
        for path in sources(package)
        for line, module in imported(path)
        if (top := module.split(".")[0]) in {*MAY_IMPORT, "tests"} and top not in MAY_IMPORT[package]
    ]
    assert wrong == []


def test_core_imports_nothing_but_values_and_arrays() -> None:
    allowed = PURE | PURE_STANDARD | {"core"}
    wrong = [
        f"{where(path, line)} imports {module}"
        for path in sources("core")
        for line, module in imported(path)
        if module.split(".")[0] not in allowed and (path, module) != (TELLS_ONNX_RUNTIME, "os")
    ]
    assert wrong == []


def test_core_calls_no_clock_file_or_chance() -> None:
    wrong = [
        f"{where(path, line)} calls {name}"
        for path in sources("core")
        for line, name in called(path)
        if name in IMPURE_CALLS and not (name == "open" and path.name == "image.py")  # Image.open reads bytes in memory
    ]
    assert wrong == []


def test_page_models_know_no_views() -> None:
    wrong = [
        f"{where(path, line)} imports {module}"
        for path in sorted(MODELS.rglob("*.py"))
        for line, module in imported(path)
        if module.split(".")[0] in {"panel", "panel_material_ui", "holoviews", "bokeh", "layouts"}
    ]
    assert wrong == []


def test_only_the_settings_read_the_environment() -> None:
    wrong = [
        f"{where(path, node.lineno)}"
        for package in MAY_IMPORT
        for path in sources(package)
        if path not in {ROOT / "data" / "settings.py", TELLS_ONNX_RUNTIME}
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Attribute)
        and isinstance(node.value, ast.Name)
        and node.value.id == "os"
        and node.attr in {"environ", "getenv"}
    ]
    assert wrong == []


def test_http_codes_live_in_one_file() -> None:
    wrong = [
        f"{where(path, node.lineno)} raises HTTPException"
        for path in sources("dashboard")
        if path.name != "errors.py"
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Name) and node.id == "HTTPException"
    ]
    assert wrong == []


def test_files_stay_readable_at_one_sitting() -> None:
    wrong = {
        str(path.relative_to(ROOT)): lines
        for package in MAY_IMPORT
        for path in sources(package)
        if "versions" not in path.parts and (lines := path.read_text(encoding="utf-8").count("\n")) > 400
    }
    assert wrong == {}


def test_functions_stay_readable_at_a_glance() -> None:
    wrong = [
        f"{where(path, node.lineno)} {node.name}: {length} lines"
        for package in MAY_IMPORT
        for path in sources(package)
        if "versions" not in path.parts
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and (length := body_lines(node)) > 50
    ]
    assert wrong == []


def body_lines(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Lines of a function without its docstring."""
    total = (node.end_lineno or node.lineno) - node.lineno + 1
    if ast.get_docstring(node) is None:
        return total
    first = node.body[0]
    return total - ((first.end_lineno or first.lineno) - first.lineno + 1)
