"""Interpretation of diary records, in plaintext and without layout.

Pure: no keys, no clock, and no files but JSON tables.
"""
