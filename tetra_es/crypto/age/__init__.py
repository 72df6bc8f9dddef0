"""Encryption of secrets as age files that the stock `age` command reads and writes."""
