"""The append-only log and its signed objects: versions, lines, heads, receipts. docs/formats.md, sections 5 and 6."""
