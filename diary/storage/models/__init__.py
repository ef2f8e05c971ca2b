"""The Tortoise models of all tables."""
