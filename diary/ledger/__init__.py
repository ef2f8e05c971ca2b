"""The append-only log as a stranger sees it: versions, lines, heads, receipts. docs/formats.md, sections 5 and 6."""
