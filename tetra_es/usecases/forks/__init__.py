"""Two lawful lines with one beginning: going on with the one that is shared."""
