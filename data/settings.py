"""Every setting of Marksight, in one class; the only reader of the environment and of `.env`."""

from __future__ import annotations

import os
from functools import cache
from ipaddress import ip_address, ip_network
from pathlib import Path
from typing import Literal

from dotenv import dotenv_values
from pydantic import AliasChoices, Field, SecretStr, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict


def _default_home() -> Path:
    """The state folder: `/var/lib/marksight` for root (its service user must reach it), else the user's data folder."""
    if os.geteuid() == 0:
        return Path("/var/lib/marksight")
    return Path.home() / ".local" / "share" / "marksight"


class Settings(BaseSettings):
    """Settings from `MARKSIGHT_*` variables, then from `.env` in the working folder, then the defaults below."""

    model_config = SettingsConfigDict(
        env_prefix="MARKSIGHT_", env_file=".env", extra="ignore", frozen=True, populate_by_name=True
    )

    home: Path = Field(
        default_factory=_default_home, description="State folder: database, queue, pictures, logs, keys."
    )
    host: str = Field("127.0.0.1", description="Address the page server binds to.")
    port: int = Field(8080, ge=0, le=65535, description="Port of the page server; 0 takes a free one.")
    single_user: bool = Field(
        False,
        description="Let in whoever reaches the server, as its one user, who may do everything: for a bench of one "
        "person. Bound to 127.0.0.1 alone, and every page says so.",
    )
    behind_tls: bool = Field(
        False,
        description="Browsers reach the server by https, through a proxy in front of it: cookies are sent by it alone.",
    )
    allowed_hosts: list[str] = Field(
        [],
        description="More host[:port] names (port 80 if none is said, or 443 behind TLS) by which browsers find this "
        "server, such as a proxy's: only pages of these and of its own address may open sockets and change things, and "
        "bound to this machine alone it answers under no other name.",
    )
    session_key: SecretStr | None = Field(
        None,
        min_length=32,
        description="What the servers behind one address sign open pages with, the same for all of them; unset: each "
        "its own, made at the first start and kept in its state folder.",
    )
    trusted_proxies: list[str] = Field(
        [],
        description="Addresses and networks, as JSON, of the proxies that are believed where a request comes from "
        "(X-Forwarded-For, X-Forwarded-Proto).",
    )
    token_requests_per_min: int = Field(
        30_000, ge=0, description="Most requests a minute by one token; 0: as many as come."
    )
    session_requests_per_min: int = Field(
        30_000, ge=0, description="Most requests a minute by one sign-in; 0: as many as come."
    )
    address_requests_per_min: int = Field(
        1_200, ge=0, description="Most requests a minute from one address of who has not come in; 0: as many as come."
    )
    database_url: SecretStr | None = Field(
        None, description="PostgreSQL URL of the application's role; unset means the embedded server."
    )
    owner_url: SecretStr | None = Field(
        None, description="PostgreSQL URL of the role that owns and migrates the schema; unset: the embedded server."
    )
    redis_url: SecretStr | None = Field(None, description="Redis URL; unset means the embedded server.")
    store_url: str | None = Field(
        None, description="Image store: a folder as file:///path, or s3://bucket/prefix; unset means home/store."
    )
    session_idle_s: float = Field(12 * 3600.0, ge=60, description="Seconds without use after which a sign-in is over.")
    session_max_s: float = Field(
        7 * 86_400.0, ge=60, description="Seconds after which a sign-in is over, however much it is used."
    )
    invitation_s: float = Field(3 * 86_400.0, ge=60, description="Seconds for which a one-time link works.")
    admin_user: str | None = Field(
        None, description="Name of the first admin, made at a start that finds none; for installing unattended."
    )
    admin_password: SecretStr | None = Field(
        None, description="Password of the first admin; for installing unattended."
    )
    workers: int = Field(2, ge=1, le=64, description="Worker processes that `up` starts.")
    max_image_bytes: int = Field(32 * 2**20, gt=0, description="Largest picture accepted, in bytes.")
    max_image_pixels: int = Field(50_000_000, gt=0, description="Largest picture accepted, in pixels.")
    min_image_side_px: int = Field(16, gt=0, description="Least width and height of a picture, in pixels.")
    max_upload_bytes: int = Field(
        16 * 2**30, gt=0, description="Largest upload accepted, of one file or many, in bytes."
    )
    upload_kept_s: float = Field(
        86_400.0, gt=0, description="Seconds after which an upload that was cut off and never resumed is given up."
    )
    max_archive_members: int = Field(100_000, gt=0, description="Most files opened of one archive.")
    max_archive_bytes: int = Field(64 * 2**30, gt=0, description="Most bytes an archive may unpack to.")
    max_archive_ratio: float = Field(200.0, ge=1, description="Most times its own size an archive may unpack to.")
    max_wait_ms: int = Field(30_000, ge=0, description="Longest a request may wait for its verdict, in milliseconds.")
    lease_s: float = Field(60.0, gt=0, description="Seconds a worker holds the inspections it has claimed.")
    max_attempts: int = Field(3, ge=1, description="Times an inspection is tried before it is kept as failed.")
    worker_max_mb: int = Field(
        2048, ge=1, description="Memory, in MB, over which a worker is replaced by a new process."
    )
    worker_max_batches: int = Field(0, ge=0, description="Batches after which a worker is replaced; 0: never.")
    step_timeout_s: float = Field(
        30.0, gt=0, description="Seconds one step on one picture may take; at most the lease."
    )
    blob_grace_s: float = Field(
        86_400.0, ge=7200, description="Seconds that bytes no row names are left in the image store before removal."
    )
    spool_max_items: int = Field(
        10_000, ge=0, description="Most pictures taken in while the database is away; 0: none."
    )
    spool_max_bytes: int = Field(
        4 * 2**30, ge=0, description="Most bytes that the pictures may have which are taken in while it is away."
    )
    watch_roots: list[Path] = Field(
        [], description="Folders, as JSON, below which watched folders lie; none: anywhere but in the state folder."
    )
    audit_anchor_url: SecretStr | None = Field(
        None,
        description="Where anchors of the audit trail are kept: a folder as file:///path or s3://bucket/prefix, and "
        "webhooks (https://) that are told of them, with spaces between; without a place, home/anchors keeps them.",
    )
    audit_anchor_s: float = Field(
        3600.0, ge=1, description="Seconds from one anchor of the audit trail to the next, if there is anything new."
    )
    backup_folder: Path | None = Field(
        None, description="Folder of backups: where `backup` writes unless told otherwise, and `doctor` looks."
    )
    backup_max_age_s: float = Field(
        2 * 86_400.0, ge=60, description="Seconds after which `doctor` finds the newest backup in that folder too old."
    )
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field("INFO", description="Least severity logged.")
    log_format: Literal["auto", "human", "json"] = Field(
        "auto", description="Log for people, or one JSON object a line; auto: for people on a terminal, else JSON."
    )
    otlp_endpoint: str | None = Field(
        None,
        validation_alias=AliasChoices("MARKSIGHT_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT"),
        description="Where traces are sent by OTLP over HTTP, as http://collector:4318; unset: nowhere.",
    )
    sentry_dsn: SecretStr | None = Field(
        None, description="Where errors are reported by Sentry's protocol (a DSN); unset: nowhere."
    )

    @field_validator("trusted_proxies")
    @classmethod
    def _are_addresses(cls, named: list[str]) -> list[str]:
        """See that each is an address or a network: a name would be believed of nobody, and nobody would notice."""
        return [str(ip_network(each)) if "/" in each else str(ip_address(each)) for each in named]


def unknown_names() -> tuple[str, ...]:
    """Return the `MARKSIGHT_*` names in the environment and in `.env` that are no setting, and so do nothing."""
    prefix = str(Settings.model_config["env_prefix"])
    known = {f"{prefix}{name}".upper() for name in Settings.model_fields}
    named = {*os.environ, *dotenv_values(str(Settings.model_config["env_file"]))}
    return tuple(sorted(name for name in named if name.upper().startswith(prefix) and name.upper() not in known))


@cache
def settings() -> Settings:
    """Return the settings of this process, read once."""
    return Settings()
