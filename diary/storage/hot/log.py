"""The log's nodes (storage/log/public_log.py). A tile reads 256 of them, an append the right edge of the tree."""

from typing import Final

FIND_NODE: Final = "SELECT node FROM log_node WHERE id = ?"
FIND_LEAF: Final = "SELECT leaf FROM log_leaf WHERE id = ?"
