"""What a server gets: every file, link and unit, rendered from an environment and its secrets."""
