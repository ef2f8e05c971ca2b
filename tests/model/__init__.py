"""Models of docs/formats.md, checked exhaustively, and shown to fail for each planted fault."""
