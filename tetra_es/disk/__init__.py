"""Files that are whole or not there, and one command at a time."""
