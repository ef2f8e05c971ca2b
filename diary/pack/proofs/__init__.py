"""Proof files and 12_record.json, from which anyone can recompute the commitments."""
