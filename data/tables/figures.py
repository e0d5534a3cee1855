"""What processes count, for `/metrics`: each its own figures, added up by whoever shows them.

1. A row of `figures` is one sample of one process, and is only ever added to: in the transaction that does what is
   counted, or by what the process has counted meanwhile in its memory (`processes.kept` numbers these additions, so
   that one whose answer was lost is made once).
2. A figure is the sum over all processes, `EARLIER` among them; it is read in one statement.
3. What a process has counted that was not seen for a while is added to `EARLIER`, in the one transaction that takes it
   from the process. Since all is added to, it does not matter if that one comes back: it goes on from nothing.
4. So a figure goes down only when the database is put back to an earlier state.
5. `processes.gauges` are what a process measures at the moment; they end with it.
"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, Double, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from data.tables.base import Base, Id

EARLIER = UUID(int=0)
"""The process that stands for all those whose figures were taken over."""


class Process(Base):
    """A process of the program, when the database last heard of it, and what it measures.

    `gauges` is a list of `[sample, labels, value]`, `labels` an object.
    """

    __tablename__ = "processes"

    id: Mapped[Id]
    role: Mapped[str]
    host: Mapped[str]
    pid: Mapped[int] = mapped_column(BigInteger)
    started_at: Mapped[datetime] = mapped_column(server_default=text("now()"))
    seen_at: Mapped[datetime] = mapped_column(server_default=text("now()"))
    kept: Mapped[int] = mapped_column(BigInteger)
    gauges: Mapped[list[object]] = mapped_column(JSONB)


class Figure(Base):
    """One sample of one process; `labels` is a JSON object with its keys in order."""

    __tablename__ = "figures"

    process_id: Mapped[Id]
    sample: Mapped[str] = mapped_column(primary_key=True)
    labels: Mapped[str] = mapped_column(primary_key=True)
    value: Mapped[float] = mapped_column(Double)
