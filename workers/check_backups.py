"""A check of the backups: is there a whole one in the folder that the settings name, and is it young enough?"""

from __future__ import annotations

import asyncio
from datetime import timedelta
from pathlib import Path

from data.backup_folder import BackupFolder
from data.backup_manifest import Manifest
from data.errors import BackupError
from data.settings import Settings
from workers.composition import utc_now
from workers.finding import Finding, ok, wrong

NAME = "backups"
AGAIN = "marksight backup; have cron or a systemd timer do it every day (docs/backup.md)"


async def check_backups(settings: Settings) -> list[Finding]:
    """Is there a young and whole backup, where a folder for them is named? The newest manifest alone is read."""
    if settings.backup_folder is None:
        return []
    return await asyncio.to_thread(_looked, settings, settings.backup_folder.absolute())


def _looked(settings: Settings, root: Path) -> list[Finding]:
    try:
        folder = BackupFolder.open(root)
        names = folder.names()
        if not names:
            return [wrong(NAME, f"there is none in {root} yet", AGAIN)]
        return [_judged(settings, root, names[-1], folder.manifest(names[-1]))]
    except BackupError as error:
        return [wrong(NAME, str(error), AGAIN)]


def _judged(settings: Settings, root: Path, name: str, manifest: Manifest) -> Finding:
    found = f"the newest in {root} is {name}, of {manifest.made_at:%Y-%m-%d %H:%M} UTC"
    if utc_now() - manifest.made_at > timedelta(seconds=settings.backup_max_age_s):
        return wrong(NAME, f"{found}, and too old", AGAIN)
    if manifest.lacking:
        mend = "marksight backup names them; look for them in an older backup: marksight backup list"
        return wrong(NAME, f"{found}, and lacks {len(manifest.lacking)} pictures that the image store lacks", mend)
    return ok(NAME, found)
