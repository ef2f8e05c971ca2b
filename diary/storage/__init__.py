"""Tables, the writer, and the store of sealed files. This package handles no keys and no plain text."""
