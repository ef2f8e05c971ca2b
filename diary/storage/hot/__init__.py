"""SQL of the hottest paths, written by hand."""
