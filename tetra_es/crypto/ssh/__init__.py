"""Signatures that stock OpenSSH can check: keys, SSHSIG, allowed_signers."""
