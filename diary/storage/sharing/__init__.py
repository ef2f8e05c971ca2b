"""Rows of sharing: grants, letters, hand-overs, organisations and witness statements."""
