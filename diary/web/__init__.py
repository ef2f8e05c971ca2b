"""The HTTP interface: routes, views, pages and responses."""
