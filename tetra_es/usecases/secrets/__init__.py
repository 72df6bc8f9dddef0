"""Setting, reading and sharing the secrets of environments."""
