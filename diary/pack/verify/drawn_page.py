"""What a page of a PDF draws: each glyph, line, area and picture in order, whatever a program reads as its text.

Two releases of the typesetter write the same page in other bytes. They embed the same fonts and draw the same things in
the same order, but break a long word elsewhere now and then, and place some rows a little higher. Text that a PDF only
claims to show (ActualText, ToUnicode) is left out here.
"""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any, Final

import pypdf
from pypdf.generic import ArrayObject, ContentStream, DictionaryObject, IndirectObject, NameObject, StreamObject

from diary.errors import BadRequest

Matrix = tuple[float, float, float, float, float, float]
State = dict[str, object]

_DEPTH_LIMIT: Final = 24
_FORM_DEPTH_LIMIT: Final = 8
_IDENTITY: Final[Matrix] = (1.0, 0.0, 0.0, 1.0, 0.0, 0.0)
# Neither changes what is drawn; a filter is undone before its data are compared.
_UNSEEN_KEYS: Final = frozenset(
    ("/Parent", "/P", "/StructParent", "/StructParents", "/ToUnicode", "/Length", "/Filter", "/DecodeParms")
)
_LINK_TARGET_KEYS: Final = frozenset(("/A", "/Dest", "/Rect", "/QuadPoints"))
_PAGE_KEYS: Final = ("/MediaBox", "/CropBox", "/Rotate", "/UserUnit")
_UNSEEN_OPERATORS: Final = frozenset(("BMC", "EMC", "MP", "DP", "ET"))
_STATE_OPERATORS: Final = frozenset("w J j M d ri i gs cs CS scn SCN sc SC g G rg RG k K Tr Tf Tc Tw Tz Ts TL".split())
_NAMED_RESOURCES: Final = {
    "gs": "/ExtGState",
    "cs": "/ColorSpace",
    "CS": "/ColorSpace",
    "scn": "/Pattern",
    "SCN": "/Pattern",
    "Tf": "/Font",
}
_PATH_OPERATORS: Final = frozenset("m l c v y re h".split())
_PAINT_OPERATORS: Final = frozenset("f F f* S s B B* b b* n".split())
# In points. The releases differ by up to 1.5 in height; the lines of a page are at least 8 apart.
_SHAPE_TOLERANCE: Final = 0.1
_STEP_TOLERANCE: Final = 0.05
_WIDTH_TOLERANCE: Final = 0.5
_HEIGHT_TOLERANCE: Final = 2.5


@dataclass(frozen=True, slots=True)
class Mark:
    """One thing that a page draws. `what` is compared exactly, `shape` nearly; `size`: of a glyph, else 0."""

    what: tuple[object, ...]
    x: float = 0.0
    y: float = 0.0
    shape: tuple[float, ...] = ()
    end_x: float = 0.0
    size: float = 0.0


@dataclass(frozen=True, slots=True)
class _Font:
    """How the codes of a font are read: how many bytes each has, and its width in thousandths of the size."""

    code_bytes: int
    widths: Mapping[int, float]


def draws_the_same(first: Sequence[Mark], second: Sequence[Mark]) -> bool:
    """Return whether two pages draw the same things in the same order, and nearly in the same place."""
    if len(first) != len(second):
        return False
    start = Mark(())
    return all(
        one.what == other.what and _is_same_shape(one.shape, other.shape) and _is_same_place(last, one, before, other)
        for (last, one), (before, other) in zip(pairwise((start, *first)), pairwise((start, *second)), strict=True)
    )


def _is_same_shape(first: Sequence[float], second: Sequence[float]) -> bool:
    return len(first) == len(second) and all(
        abs(one - other) <= _SHAPE_TOLERANCE for one, other in zip(first, second, strict=True)
    )


def _is_same_place(last: Mark, one: Mark, before: Mark, other: Mark) -> bool:
    """Return whether two marks are in the same place of their pages, or follow the mark before each in the same way.

    A long word may be broken elsewhere: its glyph begins a line on one page, and goes on in the line on the other.
    """
    is_near = abs(one.x - other.x) <= _WIDTH_TOLERANCE and abs(one.y - other.y) <= _HEIGHT_TOLERANCE
    step, other_step = (one.x - last.x, one.y - last.y), (other.x - before.x, other.y - before.y)
    return (
        is_near
        or all(abs(a - b) <= _STEP_TOLERANCE for a, b in zip(step, other_step, strict=True))
        or (_continues_line(last, one) and _begins_line(before, other))
        or (_begins_line(last, one) and _continues_line(before, other))
    )


def _continues_line(last: Mark, mark: Mark) -> bool:
    """Return whether a glyph follows the one before on its line."""
    is_glyph = last.size > 0 and mark.size > 0
    return is_glyph and abs(mark.y - last.y) <= _STEP_TOLERANCE and abs(mark.x - last.end_x) <= _WIDTH_TOLERANCE


def _begins_line(last: Mark, mark: Mark) -> bool:
    """Return whether a glyph is on the line below the one before, further left."""
    is_glyph = last.size > 0 and mark.size > 0
    return is_glyph and mark.x < last.end_x and 0 < last.y - mark.y <= 2 * mark.size


@dataclass
class PageReader:
    """Reads what the pages of one document draw; what several pages use is read once."""

    reader: pypdf.PdfReader
    _digests: dict[tuple[int, int], object] = field(default_factory=dict)
    _fonts: dict[tuple[int, int], _Font] = field(default_factory=dict)

    def marks(self, page: Any) -> list[Mark]:
        """Return what a page draws. Raise BadRequest for one nested too deeply, any exception for one unreadable."""
        frame = tuple(repr(page.get(name)) for name in _PAGE_KEYS)
        notes = tuple(self._annotation(note.get_object()) for note in page.get("/Annots") or ())
        marks = [Mark(("page", frame, notes))]
        contents = page.get_contents()
        if contents is not None:
            marks.extend(_Drawing(self, page.get("/Resources"), _IDENTITY, {}, 0).marks(contents))
        return marks

    def _annotation(self, note: Any) -> object:
        """Return what an annotation shows; where a link leads is not drawn."""
        is_plain_link = note.get("/Subtype") == "/Link" and "/AP" not in note
        return {
            name: self.digest(note.raw_get(name), 1)
            for name in sorted(note)
            if name not in _UNSEEN_KEYS and not (is_plain_link and name in _LINK_TARGET_KEYS)
        }

    def font(self, reference: Any) -> _Font:
        """Return how a font's codes are read. Raise AttributeError for one that stands in the page itself."""
        place = (reference.idnum, reference.generation)
        if place not in self._fonts:
            self._fonts[place] = _read_font(reference.get_object())
        return self._fonts[place]

    def digest(self, value: Any, depth: int) -> object:
        """Return something that is equal for values that draw the same."""
        if isinstance(value, IndirectObject):
            place = (value.idnum, value.generation)
            if place not in self._digests:
                self._digests[place] = "itself"
                self._digests[place] = _hashed(self.digest(value.get_object(), depth + 1))
            return self._digests[place]
        if depth > _DEPTH_LIMIT:
            raise BadRequest("A PDF is nested too deeply.")
        if isinstance(value, DictionaryObject):
            # Emoji are fonts of drawings, which the releases draw in other ways.
            unseen = {*_UNSEEN_KEYS, *(("/CharProcs", "/Resources") if value.get("/Subtype") == "/Type3" else ())}
            parts = [
                (name, self.digest(value.raw_get(name), depth + 1)) for name in sorted(value) if name not in unseen
            ]
            return (*parts, *_stream_digest(value))
        if isinstance(value, ArrayObject):
            return tuple(self.digest(item, depth + 1) for item in value)
        return repr(value)


class _Drawing:
    """A content stream while it is read. `state`: of the page where a form stands, else empty."""

    def __init__(self, document: PageReader, resources: Any, matrix: Matrix, state: State, depth: int) -> None:
        """Begin where the page or form begins."""
        self._document, self._matrix, self._state, self._depth = document, matrix, dict(state), depth
        self._resources = resources.get_object() if resources is not None else DictionaryObject()
        self._stack: list[tuple[Matrix, State]] = []
        self._text_matrix = _IDENTITY
        self._path: list[tuple[str, tuple[float, ...]]] = []

    def marks(self, contents: Any) -> Iterator[Mark]:
        """Yield what the content stream draws. Raise BadRequest if forms are nested too deeply."""
        if self._depth > _FORM_DEPTH_LIMIT:
            raise BadRequest("Forms are nested too deeply.")
        for operands, operator in ContentStream(contents, self._document.reader).operations:
            yield from self._apply(operator.decode("latin-1"), operands)

    def _apply(self, operator: str, operands: Any) -> Iterator[Mark]:
        """Change the state, or yield what is drawn. An operator that no typesetter of ours writes is a mark itself."""
        is_unseen = operator in _UNSEEN_OPERATORS or (operator == "BDC" and operands[0] != "/OC")
        if is_unseen or self._is_change(operator, operands):
            return
        if operator in ("Tj", "TJ"):
            yield from self._glyphs(operands[0] if operator == "TJ" else operands)
        elif operator in _PAINT_OPERATORS:
            yield self._path_mark(operator)
            self._path = []
        elif operator in ("W", "W*"):
            yield self._path_mark(operator)
            self._state["clip"] = (*_tuple(self._state.get("clip")), operator, *(step for step, _ in self._path))
        elif operator == "Do":
            yield from self._object(_resource(self._resources, "/XObject", operands[0]))
        else:
            yield Mark((operator, *map(repr, operands)))

    def _is_change(self, operator: str, operands: Any) -> bool:
        """Return whether an operator only changes how and where the next things are drawn, after changing it."""
        if operator == "q":
            self._stack.append((self._matrix, dict(self._state)))
        elif operator == "Q":
            self._matrix, self._state = self._stack.pop()
        elif operator == "cm":
            self._matrix = _multiply(_matrix(operands), self._matrix)
        elif operator in ("BT", "Tm"):
            self._text_matrix = _matrix(operands) if operator == "Tm" else _IDENTITY
        elif operator in _STATE_OPERATORS:
            self._state[operator] = tuple(self._operand(operator, operand) for operand in operands)
            if operator == "Tf":
                self._state |= {"font": operands[0], "size": float(operands[1])}
        elif operator in _PATH_OPERATORS:
            step = (operator, _points(operator, operands, self._matrix))
            # One release writes some points twice.
            if not self._path or self._path[-1] != step:
                self._path.append(step)
        else:
            return False
        return True

    def _operand(self, operator: str, operand: Any) -> object:
        """Return an operand; what a name stands for instead of the name."""
        if not isinstance(operand, NameObject) or operator not in _NAMED_RESOURCES:
            return repr(operand)
        found = _resource(self._resources, _NAMED_RESOURCES[operator], operand)
        return str(operand) if found is None else self._document.digest(found, 1)

    def _glyphs(self, pieces: Sequence[Any]) -> Iterator[Mark]:
        """Yield each glyph of a string, and move on behind it."""
        font = self._document.font(_resource(self._resources, "/Font", self._state["font"]))
        size, seen, length = float(str(self._state["size"])), _seen(self._state), font.code_bytes
        for piece in pieces:
            if isinstance(piece, (int, float)):
                self._text_matrix = _moved(self._text_matrix, -float(piece) / 1000 * size)
                continue
            codes = bytes(getattr(piece, "original_bytes", piece))
            for index in range(0, len(codes), length):
                code, place = codes[index : index + length], _multiply(self._text_matrix, self._matrix)
                width = font.widths.get(int.from_bytes(code, "big"), 0.0) / 1000 * size
                self._text_matrix = _moved(self._text_matrix, width)
                end_x, height = place[4] + width * place[0], abs(size * place[0])
                yield Mark(("glyph", code, seen), place[4], place[5], place[:4], end_x, height)

    def _object(self, reference: Any) -> Iterator[Mark]:
        """Yield a picture, or what a form draws."""
        drawn, seen, matrix = reference.get_object(), _seen(self._state), self._matrix
        if drawn.get("/Subtype") != "/Form":
            yield Mark(("picture", self._document.digest(reference, 1), seen), matrix[4], matrix[5], matrix[:4])
            return
        frame = (*map(repr, drawn.get("/BBox") or ()), repr(self._document.digest(drawn.get("/Group"), 1)))
        yield Mark(("form", frame, seen))
        own = _matrix(drawn["/Matrix"]) if "/Matrix" in drawn else _IDENTITY
        form = _Drawing(self._document, drawn.get("/Resources"), _multiply(own, matrix), self._state, self._depth + 1)
        yield from form.marks(drawn)
        yield Mark(("end of form",))

    def _path_mark(self, operator: str) -> Mark:
        """Return a path, painted or used to clip: its points stand relative to its first one."""
        points = [number for _, numbers in self._path for number in numbers]
        x, y = (points[0], points[1]) if points else (0.0, 0.0)
        shape = tuple(number - (y if index % 2 else x) for index, number in enumerate(points))
        return Mark(("path", operator, tuple(step for step, _ in self._path), _seen(self._state)), x, y, shape)


def _hashed(value: object) -> str:
    return hashlib.sha256(repr(value).encode()).hexdigest()


def _stream_digest(value: DictionaryObject) -> tuple[str, ...]:
    """Return the digest of a stream's data; of a JPEG as it is stored."""
    if not isinstance(value, StreamObject):
        return ()
    is_jpeg = "/DCTDecode" in repr(value.get("/Filter"))
    data = value._data if is_jpeg else value.get_data()
    return (hashlib.sha256(data).hexdigest(), repr(value.get("/Filter")) if is_jpeg else "")


def _read_font(font: Any) -> _Font:
    """Return the length of a font's codes, and the width of each."""
    if font.get("/Subtype") != "/Type0":
        first = int(font.get("/FirstChar", 0))
        return _Font(1, {first + index: float(width) for index, width in enumerate(font.get("/Widths") or ())})
    widths: dict[int, float] = {}
    rows = list(font["/DescendantFonts"][0].get_object().get("/W") or ())
    while rows:
        code, following = int(rows[0]), rows[1].get_object()
        if isinstance(following, ArrayObject):
            widths |= {code + index: float(width) for index, width in enumerate(following)}
        else:
            widths |= dict.fromkeys(range(code, min(int(following), 0xFFFF) + 1), float(rows[2]))
        rows = rows[2:] if isinstance(following, ArrayObject) else rows[3:]
    return _Font(2, widths)


def _points(operator: str, operands: Sequence[Any], matrix: Matrix) -> tuple[float, ...]:
    numbers = [float(operand) for operand in operands]
    if operator == "re":
        x, y, width, height = numbers
        numbers = [x, y, x + width, y, x + width, y + height, x, y + height]
    a, b, c, d, e, f = matrix
    return tuple(
        number
        for x, y in zip(numbers[::2], numbers[1::2], strict=True)
        for number in (x * a + y * c + e, x * b + y * d + f)
    )


def _seen(state: State) -> tuple[tuple[str, object], ...]:
    """Return the state that a mark is drawn in, without the name that its page has for a font."""
    return tuple(sorted((name, value) for name, value in state.items() if name != "font"))


def _resource(resources: Any, kind: str, name: Any) -> Any:
    """Return what a name stands for on a page, or None."""
    named = resources.get(kind)
    return named.get_object().raw_get(name) if named is not None and name in named.get_object() else None


def _matrix(operands: Sequence[Any]) -> Matrix:
    a, b, c, d, e, f = (float(operand) for operand in operands)
    return a, b, c, d, e, f


def _multiply(first: Matrix, second: Matrix) -> Matrix:
    a, b, c, d, e, f = first
    g, h, i, j, k, m = second
    return a * g + b * i, a * h + b * j, c * g + d * i, c * h + d * j, e * g + f * i + k, e * h + f * j + m


def _moved(text_matrix: Matrix, width: float) -> Matrix:
    """Return a text matrix further along its line."""
    a, b, c, d, e, f = text_matrix
    return a, b, c, d, e + width * a, f + width * b


def _tuple(value: object) -> tuple[object, ...]:
    return value if isinstance(value, tuple) else ()
