"""The command `marksight`: one table of commands, and one way to say an error.

A command is a plain function in a module of its own, which imports what is heavy inside the function, so that `--help`
stays fast. Exit codes: 0 done, 1 to 3 as a command says, 4 an error of any kind (a wrong option included, since 2 is a
verdict), 130 interrupted.
"""

from __future__ import annotations

import gc
import sys
from importlib import import_module
from traceback import print_exc
from typing import Annotated

import typer

from dashboard.cli.errors import ERROR_CODE, in_one_line
from data.acting import Actor, acting_as

COMMANDS = {
    "up": "Running",
    "serve": "Running",
    "worker": "Running",
    "relay": "Running",
    "watch": "Running",
    "migrate": "Running",
    "seed": "Running",
    "read": "Reading",
    "inspect": "Reading",
    "doctor": "Looking after",
    "health": "Looking after",
    "user": "Looking after",
    "token": "Looking after",
    "audit": "Looking after",
    "backup": "Looking after",
    "restore": "Looking after",
    "collect": "Looking after",
    "bench": "Looking after",
    "demo": "",
}
"""Every command with its panel, in the order of `--help`; the function `NAME` lies in `dashboard.cli.NAME`, or an
application of typer's with commands of its own.

Without a panel a command is hidden."""

GARBAGE = 50_000
"""So many objects more than before are looked through for garbage. Python's own 700 take a sixth of every start."""

app = typer.Typer(
    help="Marksight reads the top marks of integrated circuits, checks them, and keeps the proof.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)

for _name, _panel in COMMANDS.items():
    _command = getattr(import_module(f"dashboard.cli.{_name}"), _name)
    if isinstance(_command, typer.Typer):
        app.add_typer(_command, name=_name, rich_help_panel=_panel)
    else:
        app.command(_name, rich_help_panel=_panel or None, hidden=not _panel)(_command)


@app.callback(invoke_without_command=True)
def _options(
    *,
    version: Annotated[bool, typer.Option("--version", help="Say the version and end.")] = False,
    debug: Annotated[bool, typer.Option("--debug", help="Show the traceback of an error.")] = False,
) -> None:
    if version:
        from importlib.metadata import version as version_of

        typer.echo(f"marksight {version_of('marksight')}")
        raise typer.Exit


def main(arguments: list[str] | None = None) -> None:
    """Run the command line and exit; an error that can be told in one line is, without a traceback."""
    gc.set_threshold(GARBAGE)
    arguments = list(sys.argv[1:] if arguments is None else arguments)
    debug = "--debug" in arguments
    command = next((argument for argument in arguments if argument in COMMANDS), "command")
    try:
        with acting_as(Actor(f"system:{command}")):
            sys.exit(_run([argument for argument in arguments if argument != "--debug"]))
    except Exception as error:  # noqa: BLE001 - the process boundary: what has no line of its own gets its traceback
        line = in_one_line(error)
        if line is None or debug:
            _tell("the command has failed", error)
        else:
            _tell(f"marksight: {line}")
        sys.exit(ERROR_CODE)  # not 1, which is a verdict


def _tell(line: str, error: Exception | None = None) -> None:
    """Say how the command ended: in the log where that is read by machines, else to who called it."""
    logs = sys.modules.get("workers.logs")  # a command that does not log has none
    if logs is not None and (logs.tells_in_json() or logs.reports_errors()):
        logs.log.critical(line, exc_info=error)
    elif error is not None:
        print_exc()
    else:
        typer.echo(line, err=True)


def _run(arguments: list[str]) -> int:
    from typer.rich_utils import rich_format_error

    try:
        code = app(arguments, prog_name="marksight", standalone_mode=False)
    except typer.TyperException as error:
        rich_format_error(error)  # type: ignore[arg-type]  # typed by a private base of TyperException's children
        return ERROR_CODE
    except typer.Abort:
        return 130
    return code if isinstance(code, int) else 0
