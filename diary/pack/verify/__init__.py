"""Verification of finished packs: offline, read-only, and without trust in their content."""
