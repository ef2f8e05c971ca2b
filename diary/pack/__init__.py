"""Evidence packs: building them from decrypted records, and verifying finished ones."""
