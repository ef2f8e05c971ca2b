"""The part of making a pack that a browser runs in Pyodide, so that no server reads the words."""
