"""How the tables came to be, oldest first; tests/migrations keeps rows through each step."""
