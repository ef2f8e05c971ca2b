"""Random values through Python and the page's own code under Node: the results must be the same."""
