"""Sealing, keys and signatures. No other package imports `cryptography`. docs/formats.md, sections 1, 3 and 4."""
