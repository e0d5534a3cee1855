"""Become a program that dies with its parent.

`python -I -S tether.py PARENT_PID SIGNAL NICE UID:GID|- [NAME=VALUE...] -- PROGRAM [ARGUMENT...]`

A file of its own, with nothing but the standard library, because the work must be done between fork and exec: doing it
in `preexec_fn` can deadlock where the parent has threads, and `setpriv --pdeathsig` is not on every machine. 10 ms.

1. The death signal is set after the user is changed: changing credentials clears it.
2. The parent is looked at after that: one that died in between sends nothing any more.
3. The kernel counts the parent's *thread* as the parent: start programs from a thread that lives as long as they.
Where the kernel knows no such signal (macOS), the program is started without.
"""

from __future__ import annotations

import ctypes
import os
import sys

_PR_SET_PDEATHSIG = 1  # linux/prctl.h
_ORPHANED = 75  # sysexits.h, EX_TEMPFAIL: nobody is left who could read it


def set_death_signal(signal: int) -> None:
    """Ask the kernel to send `signal` to this process when its parent dies; does nothing but on Linux.

    Raises:
        OSError: the kernel refused.
    """
    if not sys.platform.startswith("linux"):
        return
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(_PR_SET_PDEATHSIG, int(signal), 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "prctl(PR_SET_PDEATHSIG)")


def become_user(uid: int, gid: int) -> None:
    """Give up every right but those of one user; `umask` lets nobody else read what is written."""
    os.setgroups([])
    os.setgid(gid)
    os.setuid(uid)
    os.umask(0o077)


def main(arguments: list[str]) -> None:
    """Take on priority, user, death signal and variables, then become the program."""
    at = arguments.index("--")
    (parent, signal, nice, user, *variables), program = arguments[:at], arguments[at + 1 :]
    os.nice(int(nice))
    if user != "-":
        uid, gid = user.split(":")
        become_user(int(uid), int(gid))
    set_death_signal(int(signal))
    if os.getppid() != int(parent):
        sys.exit(_ORPHANED)
    for variable in variables:
        os.putenv(*variable.split("=", 1))
    os.execv(program[0], program)  # noqa: S606


if __name__ == "__main__":
    main(sys.argv[1:])
