"""Keeps secrets out of TOML: what looks like one is refused before an event is appended."""
