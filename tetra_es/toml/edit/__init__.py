"""Changing keys of a TOML text, one statement at a time."""
