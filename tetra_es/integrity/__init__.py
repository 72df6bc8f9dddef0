"""Proof that the store is what its signers made it."""
