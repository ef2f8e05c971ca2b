"""Views: read what was sent, call one service, answer."""
