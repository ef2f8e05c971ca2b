"""How a long task reports its progress."""

from collections.abc import Callable

# Called with the name of the step, the number of items done and the number of items in all.
ProgressCallback = Callable[[str, int, int], None]
