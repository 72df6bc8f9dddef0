"""Questions that the views answer, by what they are about."""
