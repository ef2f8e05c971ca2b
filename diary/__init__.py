"""Kept: a private incident diary. docs/glossary.md has the words; docs/formats.md the bytes."""
