"""Drawings of screenshots with fictional text, and a measurement of what the app reads in them."""
