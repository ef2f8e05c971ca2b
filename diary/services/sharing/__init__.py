"""Sharing: grants, advocates and their organisations, hand-overs and witness statements."""
