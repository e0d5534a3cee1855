"""Elements of markup as plain text; whatever comes from outside is escaped."""

from __future__ import annotations

from html import escape


def element(tag: str, *children: str, **attributes: str | bool | None) -> str:
    """Return one element as markup; `children` are markup already, attribute values are escaped.

    A trailing underscore is dropped from an attribute's name (`class_`), others become dashes; True gives a bare
    attribute, None and False none.
    """
    written = "".join(_attribute(name, value) for name, value in attributes.items())
    return f"<{tag}{written}>{''.join(children)}</{tag}>"


def text(value: object) -> str:
    """Return `value` as text that markup may hold."""
    return escape(str(value), quote=True)


def _attribute(name: str, value: str | bool | None) -> str:
    if value is None or value is False:
        return ""
    written = name.rstrip("_").replace("_", "-")
    return f" {written}" if value is True else f' {written}="{text(value)}"'
