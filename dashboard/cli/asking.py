"""Asking for what must not stand on a command line, where other programs and the shell's history would see it."""

from __future__ import annotations

import sys

import typer


def password(words: str) -> str:
    """Return a password: typed twice on a terminal, unseen; else the first line of what is piped in."""
    if sys.stdin.isatty():
        typed: str = typer.prompt(words, hide_input=True, confirmation_prompt=True)
        return typed
    return sys.stdin.readline().rstrip("\r\n")
