"""What is kept and where: tables, the single writer, and sealed files. Knows no keys and no text."""
