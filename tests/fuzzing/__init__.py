"""Everything that reads bytes of others is given bytes that nobody meant: each reader answers, or raises its own error."""
