"""The channels on which the database tells whoever listens (`LISTEN`) that something has happened.

A notification is sent by the transaction that caused it and arrives only if that commits. It may be missed by whoever
is not connected, so every listener asks the tables too, at its own pace.
"""

from __future__ import annotations

OUTBOX = "marksight_outbox"
"""Something waits to be inspected; payload: the priority."""

RESULTS = "marksight_results"
"""An inspection is done or failed; payload: `{"inspection_id": "...", "verdict": "pass"}`."""

RECIPES = "marksight_recipes"
"""A recipe version was published; payload: `{"recipe_id": "...", "version": 3}`."""

FILES = "marksight_files"
"""A file of a run is stored and waits to be opened; payload: `{"run_id": "..."}`."""

RUNS = "marksight_runs"
"""A run or what is in it moved; payload: `{"run_id": "..."}`."""

WATCHED = "marksight_watched"
"""A watched folder was named, paused or removed; payload: `{"station": "..."}`."""

PEOPLE = "marksight_people"
"""What somebody may has changed, or a sign-in of theirs or a token has ended; payload: `{"user_id": "..."}` or
`{"token_id": "..."}`."""

CHANNELS = (OUTBOX, RESULTS, RECIPES, FILES, RUNS, WATCHED, PEOPLE)
"""All of them."""
