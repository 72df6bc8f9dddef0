"""The log of events: its port, what every engine shares, and the engines."""
