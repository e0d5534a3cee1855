"""Writes, one concept a file: each repository works in the transaction of the session it is given."""
