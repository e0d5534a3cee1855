"""The pages: cells wired into their layouts, and what keeps them up to date while they are open."""
