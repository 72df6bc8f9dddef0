"""The append-only store: canonical bytes, hash chain, signatures, SQLite."""
