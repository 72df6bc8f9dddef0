"""What an auditor takes home: archives that others can verify, tables, and lines for a SIEM."""
