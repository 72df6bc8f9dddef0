"""Editing, promoting and rolling back the configuration of environments."""
