"""Environments on servers: rolling them out, looking at them, working on their units."""
