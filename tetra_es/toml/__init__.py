"""Reading and changing TOML; every byte that a change does not concern stays."""
