"""Versions and sealed files in, the feed of changes out, erasure, and the hourly purge."""
