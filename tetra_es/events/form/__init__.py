"""The form of events from rules 1 on, as data: the documentation and the checks are made of it."""
