"""Kept: a private incident diary. Terms are in docs/glossary.md, byte formats in docs/formats.md."""
