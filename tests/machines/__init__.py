"""State machines: random sequences of requests to a server, with each answer compared with a simple model."""
