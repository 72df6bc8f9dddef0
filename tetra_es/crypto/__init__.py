"""Keys, signatures and encryption, in the formats of OpenSSH and age."""
