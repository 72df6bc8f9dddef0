"""The history as an SQLite file for an auditor: documented tables, and questions as SQL."""
