"""The rules: events, the aggregates that decide them, and nothing that does I/O."""
