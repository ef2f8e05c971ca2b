"""Sealing, keys and signatures. docs/formats.md, sections 1, 3 and 4.

Only this package uses `cryptography`, apart from the certificates of timestamps in ledger/.
"""
