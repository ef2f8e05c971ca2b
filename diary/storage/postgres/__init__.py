"""PostgreSQL: addresses, connections, the writer and readers."""
