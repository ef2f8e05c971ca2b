"""Views: each reads a request, calls a service and returns a response."""
