"""Use cases of the server: policy, and one transaction for each use case."""
