"""Signed and sealed documents between two people: grants, letters, summaries, review marks, witness statements."""
