"""After a fork: taking over the shared log's line, and deciding what is mine again on top of it."""
