"""The git mirror: an ordinary repository with one deterministic commit for each event."""
