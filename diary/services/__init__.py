"""What the server does for a keeper: policy, and one transaction a use."""
