"""Every kind of event: what it holds, and whether it is well-formed."""
