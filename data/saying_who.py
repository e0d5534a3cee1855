"""How a transaction tells the database who acts: the audit trail keeps it, and refuses decisions of nobody."""

from __future__ import annotations

from sqlalchemy import Text, bindparam, func, select

from data.acting import Actor, acting

WHO = (
    func.set_config("marksight.actor", bindparam("actor", type_=Text), True),
    func.set_config("marksight.request_id", bindparam("request_id", type_=Text), True),
)
"""For the transaction it is run in: columns for a statement that has others to say too."""

SAY_WHO = select(*WHO)


def said(actor: Actor | None = None) -> dict[str, str]:
    """Return the parameters of `WHO` for `actor`, or for who acts now.

    Raises:
        NobodyActs: nobody does.
    """
    actor = actor or acting()
    return {"actor": actor.name, "request_id": actor.request_id or ""}
