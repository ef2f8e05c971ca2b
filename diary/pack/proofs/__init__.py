"""Proof files and 12_record.json: what lets a stranger recompute an entry from its fields."""
