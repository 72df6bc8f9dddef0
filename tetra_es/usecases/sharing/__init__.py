"""One organization on many machines: sharing it, taking over what others recorded, joining."""
