"""TOML as people write it: parse, check, change, compare. Pure functions on texts."""
