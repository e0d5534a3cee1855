"""`marksight doctor`: everything that could be wrong, and how to mend it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from workers.finding import Finding, Grade

SIGNS: dict[Grade, tuple[str, str]] = {
    "ok": ("✓", typer.colors.GREEN),
    "note": ("•", typer.colors.YELLOW),
    "wrong": ("✗", typer.colors.RED),
}
WRONG_CODE = 1


def doctor(
    *,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object with every finding.")] = False,
) -> None:
    """Look at everything a user could have wrong, and say how to mend it.

    Works before the first start, while Marksight runs, and when it will not. Nothing is changed. Exit code 0 when
    nothing is wrong, 1 when something is.
    """
    import asyncio

    findings = asyncio.run(_examined(show=not as_json))
    wrong = sum(finding.grade == "wrong" for finding in findings)
    if as_json:
        _print_json(findings)
    else:
        typer.echo(f"\n{wrong} to be mended." if wrong else "\nNothing is wrong.")
    if wrong:
        raise typer.Exit(WRONG_CODE)


async def _examined(*, show: bool) -> list[Finding]:
    from data.settings import settings
    from workers.doctor import examine

    findings = []
    async for finding in examine(settings()):
        findings.append(finding)
        if show:
            _print(finding)
    return findings


def _print(finding: Finding) -> None:
    sign, colour = SIGNS[finding.grade]
    typer.echo(f"{typer.style(sign, fg=colour)} {finding.name}: {finding.found}")
    if finding.mend:
        typer.echo(f"    {finding.mend}")


def _print_json(findings: list[Finding]) -> None:
    import json
    from dataclasses import asdict

    healthy = all(finding.grade != "wrong" for finding in findings)
    typer.echo(json.dumps({"healthy": healthy, "findings": [asdict(finding) for finding in findings]}, indent=2))
