"""What is asked over HTTP, and by which path."""
