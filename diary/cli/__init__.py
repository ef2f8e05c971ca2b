"""The command line: one module for each group of commands, composed in `main`."""
