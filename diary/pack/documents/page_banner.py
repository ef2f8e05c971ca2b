"""The line at the top of each restricted page."""

from typing import Final

RESTRICTED_BANNER: Final = "RESTRICTED: not for service. For the officer in the case and those they choose."
