"""Profiles: data that makes an environment of the source of truth, and how it is applied."""
