"""The gate: nothing is signed, decrypted, deployed or believed that was not admitted here."""
