"""The models beside docs/formats.md, checked exhaustively, and shown to fail for each fault planted in them."""
