"""Reads, one subject a file: plain functions of a session that answer with frozen values, never with rows."""
