"""To re-record: to decide the events of a fork again, on top of the history that counts."""
