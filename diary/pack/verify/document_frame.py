"""What a PDF has beside the things that its pages draw: entries of its catalog and pages, bookmarks, links and files.

A program may show these, or run them. The document laid out again says what there is: nothing else may stand in the
other, whatever it is for. Not compared are the tags that a screen reader reads, and the packet of metadata: the two
releases of the typesetter differ in both.
"""

from collections.abc import Collection, Iterator
from typing import Any, Final

from pypdf.generic import ArrayObject, IndirectObject

from diary.errors import BadRequest
from diary.pack.verify.drawn_page import PageReader

# In points, like the places of what is drawn.
_PLACE_TOLERANCE: Final = 2.5
_DEPTH_LIMIT: Final = 8
_BOOKMARKS_LIMIT: Final = 100_000
# One engine writes these, and the other does not.
_OPTIONAL_KEYS: Final = frozenset(("/AF", "/OutputIntents", "/Tabs", "/DisplayDocTitle"))
_CATALOG_KEYS_COMPARED_OTHERWISE: Final = frozenset(
    ("/Pages", "/Metadata", "/StructTreeRoot", "/Outlines", "/ViewerPreferences")
)
_PAGE_KEYS_COMPARED_OTHERWISE: Final = frozenset(("/Parent", "/Resources", "/Contents", "/Annots", "/StructParents"))
_PAGE_TREE_KEYS: Final = frozenset(("/Type", "/Count", "/Kids", "/Parent"))
_BOOKMARK_KEYS: Final = frozenset(("/Title", "/Dest", "/Parent", "/Prev", "/Next", "/First", "/Last", "/Count"))
_LINK_PLACE_KEYS: Final = frozenset(("/Dest", "/Rect"))
_INFO_KEYS: Final = ("/Title", "/Author")


def has_same_frame(rebuilt: PageReader, pack: PageReader) -> bool:
    """Return whether two documents have the same title, author, bookmarks, files and entries of the catalog.

    Raise BadRequest for a form that the typesetter does not write, any exception for something unreadable.
    """
    catalog, pack_catalog = (_in_trailer(document, "/Root") for document in (rebuilt, pack))
    info, pack_info = (_in_trailer(document, "/Info") for document in (rebuilt, pack))
    _check_page_tree(pack_catalog.raw_get("/Pages"), 0)
    return (
        _has_same_entries(rebuilt, pack, catalog, pack_catalog, _CATALOG_KEYS_COMPARED_OTHERWISE)
        and _has_same_entries(rebuilt, pack, catalog["/ViewerPreferences"], pack_catalog["/ViewerPreferences"], ())
        and pack_catalog["/StructTreeRoot"].keys() <= catalog["/StructTreeRoot"].keys()
        and pack_info.keys() <= info.keys()
        and all(info.get(name) == pack_info.get(name) for name in _INFO_KEYS)
        and _has_same_bookmarks(rebuilt, pack, catalog.get("/Outlines"), pack_catalog.get("/Outlines"))
    )


def _in_trailer(document: PageReader, name: str) -> Any:
    value = document.reader.trailer[name]
    return value.get_object()


def has_same_page_frame(rebuilt: PageReader, pack: PageReader, index: int) -> bool:
    """Return whether two pages have the same size, links and entries."""
    pages = rebuilt.reader.pages[index], pack.reader.pages[index]
    notes = [[note.get_object() for note in page.get("/Annots") or ()] for page in pages]
    return (
        _has_same_entries(rebuilt, pack, pages[0], pages[1], _PAGE_KEYS_COMPARED_OTHERWISE)
        and len(notes[0]) == len(notes[1])
        and all(_is_same_link(rebuilt, pack, one, other) for one, other in zip(*notes, strict=True))
    )


def page_box(page: Any) -> tuple[float, float, float, float]:
    """Return left, bottom, right and top of a page."""
    left, bottom, right, top = (float(number) for number in page["/MediaBox"])
    return left, bottom, right, top


def _has_same_entries(rebuilt: PageReader, pack: PageReader, one: Any, other: Any, unseen: Collection[str]) -> bool:
    """Return whether the second dictionary has what the first one has; what only one engine writes may be absent."""
    return one.keys() - _OPTIONAL_KEYS <= other.keys() <= one.keys() and all(
        rebuilt.digest(one.raw_get(name), 1) == pack.digest(other.raw_get(name), 1) for name in other.keys() - unseen
    )


def _check_page_tree(node: Any, depth: int) -> int:
    """Return how many pages there are. Raise BadRequest for a tree that gives its pages something, or miscounts them."""
    value = node.get_object()
    if value.get("/Type") != "/Pages":
        return 1
    if depth > _DEPTH_LIMIT or value.keys() - _PAGE_TREE_KEYS:
        raise BadRequest("The pages of a PDF stand in a form that the typesetter does not write.")
    count = sum(_check_page_tree(kid, depth + 1) for kid in value["/Kids"])
    if count != value["/Count"]:
        raise BadRequest("A PDF has another number of pages than it says.")
    return count


def _is_same_link(rebuilt: PageReader, pack: PageReader, one: Any, other: Any) -> bool:
    """Return whether two annotations are links in nearly the same place to the same place."""
    unseen = {*_LINK_PLACE_KEYS, "/StructParent"}
    return (
        one["/Subtype"] == "/Link"
        and _has_same_entries(rebuilt, pack, one, other, unseen)
        and _is_near(one["/Rect"], other["/Rect"])
        and _is_same_target(rebuilt, pack, one["/Dest"], other["/Dest"])
    )


def _has_same_bookmarks(rebuilt: PageReader, pack: PageReader, one: Any, other: Any) -> bool:
    if one is None or other is None:
        return one is other
    first, second = list(_bookmarks(one, 0)), list(_bookmarks(other, 0))
    return len(first) == len(second) and all(
        level == other_level
        and entry.get("/Title") == other_entry.get("/Title")
        and entry.get("/Count") == other_entry.get("/Count")
        and _is_same_target(rebuilt, pack, entry["/Dest"], other_entry["/Dest"])
        for (level, entry), (other_level, other_entry) in zip(first, second, strict=True)
    )


def _bookmarks(parent: Any, level: int) -> Iterator[tuple[int, Any]]:
    """Yield each bookmark with its level. Raise BadRequest for one that does more than to lead to a page."""
    entry, count = parent.get("/First"), 0
    while entry is not None:
        count += 1
        if level > _DEPTH_LIMIT or count > _BOOKMARKS_LIMIT or entry.keys() - _BOOKMARK_KEYS:
            raise BadRequest("A PDF has a bookmark that the typesetter does not write.")
        yield level, entry
        yield from _bookmarks(entry, level + 1)
        entry = entry.get("/Next")


def _is_same_target(rebuilt: PageReader, pack: PageReader, one: Any, other: Any) -> bool:
    """Return whether two targets are nearly the same place of the same page."""
    if not isinstance(one, ArrayObject) or not isinstance(other, ArrayObject) or len(one) != len(other):
        return False
    return (
        one[1] == other[1] and _page_number(rebuilt, one) == _page_number(pack, other) and _is_near(one[2:], other[2:])
    )


def _page_number(document: PageReader, target: Any) -> int:
    """Return the number of the page to which a link or bookmark leads. Raise BadRequest if it leads to no page."""
    reference = list.__getitem__(target, 0)
    if not isinstance(reference, IndirectObject) or reference.idnum not in document.page_numbers:
        raise BadRequest("A link of a PDF leads elsewhere.")
    return document.page_numbers[reference.idnum]


def _is_near(one: Any, other: Any) -> bool:
    return len(one) == len(other) and all(
        first == second or abs(float(first) - float(second)) <= _PLACE_TOLERANCE
        for first, second in zip(one, other, strict=True)
    )
