"""`secret` and its subcommands."""
