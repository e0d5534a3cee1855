"""The state and derived data of the pages as param classes; nothing here imports panel."""
