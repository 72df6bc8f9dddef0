"""Running the service: sockets, who may ask, limits, and what is logged and counted."""
