"""The log that several machines append to, in a git repository: what `main` there holds."""
