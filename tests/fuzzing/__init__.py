"""Every reader of foreign bytes gets mutated input. It must answer, or raise its own error."""
