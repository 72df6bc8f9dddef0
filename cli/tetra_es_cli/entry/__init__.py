"""From `main` to a command, and from an error to its exit code."""
