"""Plaintext in, files out: what an officer receives, and how it is checked afterwards."""
