"""Say in a pack of words how many pictures and files follow in a later one: docs/pack.md, "Further fields"."""

from diary.pack.metadata import PackMetadata
from diary.pack.wording import format_count


def later_files_text(metadata: PackMetadata) -> str:
    """Return how many pictures and files follow in a later pack; '' if none do."""
    count = metadata.later_files_count
    if not count:
        return ""
    return f"{format_count(count, 'picture or file is', 'pictures and files are')} to follow in a later pack"
