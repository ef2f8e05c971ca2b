"""The library's table of the migrations that were applied. No model describes it."""

from typing import Final

LIST_APPLIED: Final = "SELECT app, name FROM tortoise_migrations"
