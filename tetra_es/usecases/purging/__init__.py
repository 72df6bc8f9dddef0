"""Destroying a value that got into TOML: found everywhere, shown, and gone for good."""
