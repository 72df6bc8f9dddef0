"""The log in a PostgreSQL database, for a team that has one. psycopg is imported here alone."""
