"""Questions that the views answer."""
