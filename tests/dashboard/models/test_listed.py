"""New rows at the head, older ones behind, and never a gap between them that nothing tells of."""

from __future__ import annotations

import pytest

from dashboard.models.listed import Listed, with_more, with_newest


def rows(text: str) -> list[str]:
    return list(text)


@pytest.mark.parametrize(
    ("shown", "newest", "now"),
    [
        (("", None), ("cb", "b"), ("cb", "b")),
        (("cb", "b"), ("dc", "c"), ("dcb", "b")),
        (("dcba", None), ("fed", "d"), ("fedcba", None)),
        (("cb", None), ("fe", "e"), ("fe", "e")),
        (("cb", "b"), ("dcb", "b"), ("dcb", "b")),
        (("dcb", "b"), ("dba", None), ("dba", None)),
        (("dcba", "a"), ("db", "b"), ("dba", "a")),
        (("ba", "a"), ("", None), ("", None)),
        (("ba", "a"), ("", "x"), ("", "x")),
    ],
    ids=["the first", "one is new", "just joined", "more came than a page holds", "nothing is older",
         "all there is", "one has gone", "all have gone", "none of a page is wanted"],
)  # fmt: skip
def test_the_newest_go_before_what_is_shown(
    shown: tuple[str, str | None], newest: tuple[str, str | None], now: tuple[str, str | None]
) -> None:
    found = with_newest(Listed(rows(shown[0]), shown[1]), Listed(rows(newest[0]), newest[1]), str, most=9)
    assert ("".join(found.rows), found.cursor) == now


@pytest.mark.parametrize(
    ("shown", "more", "now"),
    [("cb", ("a", None), ("cba", None)), ("cb", ("ba", "a"), ("cba", "a")), ("", ("b", "b"), ("b", "b"))],
    ids=["the rest", "one is shown already", "the first"],
)
def test_what_is_fetched_goes_behind_once(
    shown: str, more: tuple[str, str | None], now: tuple[str, str | None]
) -> None:
    found = with_more(rows(shown), Listed(rows(more[0]), more[1]), str, most=9)
    assert ("".join(found.rows), found.cursor) == now


@pytest.mark.parametrize(("most", "cursor"), [(3, None), (4, None), (5, "a")])
def test_at_the_bound_nothing_older_is_kept_nor_offered(most: int, cursor: str | None) -> None:
    kept = "dcba"[:most]
    assert with_more(rows("dc"), Listed(rows("ba"), "a"), str, most=most) == Listed(rows(kept), cursor)
    assert with_newest(Listed(rows("cba"), "a"), Listed(rows("dc"), "c"), str, most=most) == Listed(rows(kept), cursor)
