"""Measurements against what people would use instead: the bare interpreter, git, sqlite3."""
