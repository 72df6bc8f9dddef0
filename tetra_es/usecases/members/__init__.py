"""Members: people and machines that sign, and read secrets, by one key each."""
