"""Adapters of engines that touch files or processes; one engine a file."""
