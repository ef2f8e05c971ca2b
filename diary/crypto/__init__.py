"""Sealing, keys and signatures; the only importer of `cryptography`. docs/formats.md, sections 1, 3 and 4."""
