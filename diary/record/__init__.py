"""What a diary says, in plaintext and without layout. Pure: no files but its two tables, no keys, no clock."""
