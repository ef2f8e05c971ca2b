"""Random values through both languages: what Python and the page's own code under Node make of them must be the same."""
