"""Everything that can be deleted and rebuilt from the events: files, query views, git mirror.

This package reads `tetra_es`; it never appends an event and never decrypts a secret.
"""
