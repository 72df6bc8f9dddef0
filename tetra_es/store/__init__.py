"""The append-only store of the first edition, in SQLite."""
