"""A history from a copy of it: a backup, or a mirror."""
