"""The auditor's pages: read-only, live or as static files."""
