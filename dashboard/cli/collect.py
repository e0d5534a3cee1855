"""`marksight collect`: give back the room of bytes that nothing names."""

from __future__ import annotations

from typing import Annotated

import typer


def collect(
    *,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be removed, and remove nothing.")] = False,
) -> None:
    """Remove bytes from the image store that no row names: what a crash or an upload left behind.

    The relay does it once a day by itself. Bytes younger than MARKSIGHT_BLOB_GRACE_S stay.
    """
    import asyncio

    from data.settings import settings
    from workers import logs
    from workers.collecting import Collected
    from workers.collecting import collect as run
    from workers.composition import compose

    async def collected() -> Collected:
        services = compose(settings())
        try:
            return await run(services, dry_run=dry_run)
        finally:
            await services.close()

    logs.set_up(settings(), "collect")
    found = asyncio.run(collected())
    done = "would be removed" if dry_run else "removed"
    typer.echo(f"{found.seen:,} blobs seen, {found.removed:,} {done} ({found.removed_bytes / 2**20:,.1f} MB)")
