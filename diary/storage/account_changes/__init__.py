"""Changes of a whole account: new keys, and closing."""
