"""Rows of the public log, and the audit of the server's own database."""
