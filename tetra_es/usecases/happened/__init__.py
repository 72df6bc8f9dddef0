"""What happened on hosts, until it is recorded."""
