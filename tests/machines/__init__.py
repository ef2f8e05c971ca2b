"""State machines: random sequences of requests to a server, each answer compared with a plain model of what must hold."""
