"""SQLite: connections and the writer."""
