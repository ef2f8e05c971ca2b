"""Rows of versions and sealed files, and their erasure."""
