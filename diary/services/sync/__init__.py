"""Sync: versions and sealed files, the feed of changes, erasure, and the hourly purge."""
