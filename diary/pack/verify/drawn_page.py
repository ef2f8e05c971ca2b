"""What a page of a PDF draws: each glyph, line, area and picture in order, whatever a program reads as its text.

Two releases of the typesetter write the same page in other bytes. They embed the same fonts and draw the same things in
the same order, but break a long word elsewhere now and then, and place some rows a little higher. Text that a PDF only
claims to show (ActualText, ToUnicode) is left out here.
"""

import hashlib
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import zip_longest
from typing import Any, Final

import pypdf
from pypdf.generic import (
    ArrayObject,
    ByteStringObject,
    ContentStream,
    DictionaryObject,
    IndirectObject,
    NameObject,
    StreamObject,
    TextStringObject,
)

from diary.errors import BadRequest
from diary.pack.verify.strict_pdf import check_content

Matrix = tuple[float, float, float, float, float, float]
State = dict[str, object]

_DEPTH_LIMIT: Final = 24
# The typesetter puts nothing but emoji into forms, and those are not read.
_FORM_DEPTH_LIMIT: Final = 2
_SPARE_OPERATORS: Final = 1_000
# The typesetter writes each width alone.
_SPANNED_CODES_LIMIT: Final = 1 << 24
_IDENTITY: Final[Matrix] = (1.0, 0.0, 0.0, 1.0, 0.0, 0.0)
# None changes what is drawn; a filter is undone before its data are compared. One engine says how a file belongs.
_UNSEEN_KEYS: Final = frozenset(
    ("/Parent", "/P", "/StructParent", "/StructParents", "/ToUnicode", "/Length", "/Filter", "/AFRelationship")
)
# Of a form, its content is read instead.
_FORM_CONTENT_KEYS: Final = frozenset(("/Resources", "/Length", "/Filter"))
# These words mean something in a content stream, whatever a page calls so.
_TAKEN_SPACE_NAMES: Final = ("/Default", "/Device", "/Pattern")
_TRANSPARENCY_KEYS: Final = frozenset(("/Type", "/ca", "/CA", "/BM"))
_TEXT_OPERATORS: Final = frozenset(("BT", "ET", "Tm", "Tj", "TJ"))
# Viewers differ in what these do inside a text object.
_OUTSIDE_OPERATORS: Final = frozenset("q Q cm Do m l c v y re h f F f* S s B B* b b* n W W*".split())
_UNSEEN_OPERATORS: Final = frozenset(("BMC", "EMC", "MP", "DP", "ET"))
_STATE_OPERATORS: Final = frozenset("w J j M d ri i gs cs CS scn SCN sc SC g G rg RG k K Tr Tf Tc Tw Tz Ts TL".split())
_PURPOSES: Final = dict.fromkeys(("cs", "scn", "sc", "g", "rg", "k"), "fill") | dict.fromkeys(
    ("CS", "SCN", "SC", "G", "RG", "K"), "stroke"
)
_NAMED_RESOURCES: Final = {
    "gs": "/ExtGState",
    "cs": "/ColorSpace",
    "CS": "/ColorSpace",
    "scn": "/Pattern",
    "SCN": "/Pattern",
    "Tf": "/Font",
}
# Programs take the first or the last of too many operands. Colours have as many as their space.
_OPERAND_COUNTS: Final = {
    **dict.fromkeys("q Q BT h W W* f F f* S s B B* b b* n".split(), 0),
    **dict.fromkeys("w J j M i ri gs cs CS g G Tr Tc Tw Tz Ts TL Tj TJ Do".split(), 1),
    **dict.fromkeys("d Tf m l".split(), 2),
    **dict.fromkeys("rg RG".split(), 3),
    **dict.fromkeys("k K v y re".split(), 4),
    **dict.fromkeys("cm Tm c".split(), 6),
}
_PATH_OPERATORS: Final = frozenset("m l c v y re h".split())
_PAINT_OPERATORS: Final = frozenset("f F f* S s B B* b b* n".split())
_STROKE_OPERATORS: Final = frozenset("S s B B* b b*".split())
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


@dataclass
class _Comparison:
    """Two pages while they are compared.

    `shift`: how much further the last mark is on the first page. `line_x`: where the glyph's line began.
    """

    box: tuple[float, float, float, float]
    shift: tuple[float, float] = (0.0, 0.0)
    last: Mark = Mark(())
    before: Mark = Mark(())
    line_x: float = 0.0
    other_line_x: float = 0.0

    def is_next_same(self, one: Mark, other: Mark) -> bool:
        """Return whether the next marks draw the same thing, in nearly the same place of the page."""
        is_same = (
            one.what == other.what
            and _is_same_shape(one.shape, other.shape)
            and self._is_on_page(one)
            and self._is_on_page(other)
            and self._is_same_place(one, other)
        )
        self._go_on(one, other)
        return is_same

    def _is_same_place(self, one: Mark, other: Mark) -> bool:
        """Return whether two marks are moved by as much as those before, or nearly in the same place, or broken.

        A long word may be broken elsewhere: its glyph begins a line on one page, and goes on in the line on the other.
        """
        move = one.x - other.x, one.y - other.y
        change = move[0] - self.shift[0], move[1] - self.shift[1]
        if _is_within(change, _STEP_TOLERANCE, _STEP_TOLERANCE):
            return True
        # Whatever follows is compared with this place, so that many small steps lead nowhere else.
        self.shift = move
        return (
            # A word that went to another line does not come back.
            (_is_within(move, _WIDTH_TOLERANCE, _HEIGHT_TOLERANCE) and abs(change[1]) <= _HEIGHT_TOLERANCE)
            or (_continues_line(self.last, one) and _begins_line(self.before, other, self.other_line_x))
            or (_continues_line(self.before, other) and _begins_line(self.last, one, self.line_x))
        )

    def _is_on_page(self, mark: Mark) -> bool:
        left, bottom, right, top = self.box
        return not mark.size or (left <= mark.x and mark.end_x <= right and bottom <= mark.y <= top - mark.size / 2)

    def _go_on(self, one: Mark, other: Mark) -> None:
        self.line_x = self.line_x if _continues_line(self.last, one) else one.x
        self.other_line_x = self.other_line_x if _continues_line(self.before, other) else other.x
        self.last, self.before = one, other


def draws_the_same(first: Iterable[Mark], second: Iterable[Mark], box: tuple[float, float, float, float]) -> bool:
    """Return whether two pages draw the same things in the same order, and nearly in the same place inside `box`."""
    comparison = _Comparison(box)
    return all(
        one is not None and other is not None and comparison.is_next_same(one, other)
        for one, other in zip_longest(first, second)
    )


def _is_same_shape(first: Sequence[float], second: Sequence[float]) -> bool:
    return len(first) == len(second) and all(
        abs(one - other) <= _SHAPE_TOLERANCE for one, other in zip(first, second, strict=True)
    )


def _is_within(way: tuple[float, float], width: float, height: float) -> bool:
    return abs(way[0]) <= width and abs(way[1]) <= height


def _continues_line(last: Mark, mark: Mark) -> bool:
    """Return whether a glyph follows the one before on its line."""
    is_glyph = last.size > 0 and mark.size > 0
    return is_glyph and abs(mark.y - last.y) <= _STEP_TOLERANCE and abs(mark.x - last.end_x) <= _WIDTH_TOLERANCE


def _begins_line(last: Mark, mark: Mark, line_x: float) -> bool:
    """Return whether a glyph is on the line below the one before, where that line began."""
    is_glyph = last.size > 0 and mark.size > 0
    return is_glyph and abs(mark.x - line_x) <= _WIDTH_TOLERANCE and 0.8 <= (last.y - mark.y) / mark.size <= 2


@dataclass
class PageReader:
    """Reads what the pages of one document draw; what several pages use is read once.

    `model`: the reader of the document laid out again, which bounds how many operators are read of a forged one.
    """

    reader: pypdf.PdfReader
    model: "PageReader | None" = None
    operators: int = 0
    _digests: dict[tuple[int, int], object] = field(default_factory=dict)
    _fonts: dict[tuple[int, int], _Font] = field(default_factory=dict)

    @cached_property
    def page_numbers(self) -> dict[int, int]:
        """Return the index of each page by the number of its object."""
        references = (page.indirect_reference for page in self.reader.pages)
        return {reference.idnum: index for index, reference in enumerate(references) if reference is not None}

    def marks(self, page: Any) -> Iterator[Mark]:
        """Yield what a page draws. Raise BadRequest for one nested too deeply, any exception for one unreadable."""
        yield from _Drawing(self, page["/Resources"], _IDENTITY, {}, 0).marks(page["/Contents"])

    def operations(self, contents: Any) -> list[tuple[Any, bytes]]:
        """Return operands and operators of a content stream. Raise BadRequest for more than there can be."""
        if not isinstance(contents, StreamObject):
            raise BadRequest("A content stream is in parts.")
        self.operators += check_content(contents.get_data())
        if self.model is not None and self.operators > 2 * self.model.operators + _SPARE_OPERATORS:
            raise BadRequest("A PDF has more operators than the document laid out again.")
        return ContentStream(contents, self.reader).operations

    def font(self, reference: Any) -> _Font:
        """Return how to read a font's codes. Raise AttributeError for a font that is no object of its own."""
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
            is_emoji = value.get("/Subtype") == "/Type3"
            unseen = {*_UNSEEN_KEYS, *(("/CharProcs", "/Resources") if is_emoji else ())}
            parts = self._members(value, unseen, depth)
            return (*parts, *(self._emoji(value, depth) if is_emoji else _stream_digest(value)))
        if isinstance(value, ArrayObject):
            return tuple(self.digest(item, depth + 1) for item in value)
        # To a viewer, a string is no name.
        return ("name", str(value)) if isinstance(value, NameObject) else repr(value)

    def form_frame(self, form: Any, depth: int) -> object:
        """Return what a form is apart from its content: its box, what it belongs to, and anything else it says."""
        return self._members(form, _FORM_CONTENT_KEYS, depth)

    def _members(self, value: Any, unseen: Collection[str], depth: int) -> tuple[object, ...]:
        return tuple(
            (name, self.digest(value.raw_get(name), depth + 1)) for name in sorted(value) if name not in unseen
        )

    def _emoji(self, font: Any, depth: int) -> Iterator[object]:
        """Yield how each emoji of a font is drawn: by a form, whose box bounds it and whose content is not read.

        The releases draw emoji in other ways.
        """
        for name, procedure in sorted(font["/CharProcs"].items()):
            for operands, operator in self.operations(procedure.get_object()):
                if operator != b"Do":
                    yield name, operator, *map(repr, operands)
                    continue
                drawn = _resource(font["/Resources"], "/XObject", operands[0]).get_object()
                is_form = drawn.get("/Subtype") == "/Form"
                yield name, self.form_frame(drawn, depth) if is_form else self.digest(drawn, depth + 1)


class _Drawing:
    """A content stream while it is read. `state`: of the page where a form stands, else empty."""

    def __init__(self, document: PageReader, resources: Any, matrix: Matrix, state: State, depth: int) -> None:
        """Begin where the page or form begins."""
        self._document, self._matrix, self._state, self._depth = document, matrix, dict(state), depth
        self._resources = resources.get_object() if resources is not None else DictionaryObject()
        if any(name.startswith(_TAKEN_SPACE_NAMES) for name in self._resources.get("/ColorSpace") or ()):
            raise BadRequest("A PDF has colours of its own.")
        self._stack: list[tuple[Matrix, State]] = []
        self._text_matrix, self._is_text, self._marked_depth = _IDENTITY, False, 0
        self._path: list[tuple[str, tuple[float, ...]]] = []

    def marks(self, contents: Any) -> Iterator[Mark]:
        """Yield what the content stream draws. Raise BadRequest if forms are nested too deeply."""
        if self._depth > _FORM_DEPTH_LIMIT:
            raise BadRequest("Forms are nested too deeply.")
        for operands, operator in self._document.operations(contents.get_object()):
            yield from self._apply(operator.decode("latin-1"), operands)
        if self._marked_depth:
            raise BadRequest("A PDF has marked content that does not end.")

    def _apply(self, operator: str, operands: Any) -> Iterator[Mark]:
        """Change the state, or yield what is drawn. Raise BadRequest for an operator that the typesetter never writes."""
        if len(operands) != _OPERAND_COUNTS.get(operator, len(operands)):
            raise BadRequest("A PDF has an operator with too many operands.")
        self._check_place(operator)
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
            self._state["clip"] = _hashed((self._state.get("clip"), operator, [step for step, _ in self._path]))
        elif operator == "Do":
            yield from self._object(_resource(self._resources, "/XObject", operands[0]))
        else:
            raise BadRequest("A PDF has an operator that the typesetter does not write.")

    def _check_place(self, operator: str) -> None:
        """Raise BadRequest for an operator in a place where programs differ in what they do with it."""
        if operator in _TEXT_OPERATORS:
            if (operator == "BT") == self._is_text:
                raise BadRequest("A PDF has text in a place where the typesetter writes none.")
            self._is_text = operator != "ET"
        elif self._is_text and operator in _OUTSIDE_OPERATORS:
            raise BadRequest("A PDF has something in a text where the typesetter writes none.")
        if self._path and operator not in _PATH_OPERATORS | _PAINT_OPERATORS | {"W", "W*"}:
            raise BadRequest("A PDF has something between a path and what is done with it.")
        self._marked_depth += {"BDC": 1, "BMC": 1, "EMC": -1}.get(operator, 0)
        if self._marked_depth < 0:
            raise BadRequest("A PDF has an end of marked content without its beginning.")

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
            self._set_state(operator, operands)
        elif operator in _PATH_OPERATORS:
            step = (operator, _points(operator, operands, self._matrix))
            # One release writes some points twice. Any other step that stands twice can undo itself.
            if operator not in ("m", "l") or not self._path or self._path[-1] != step:
                self._path.append(step)
        else:
            return False
        return True

    def _set_state(self, operator: str, operands: Any) -> None:
        """Change the colour, font or another setting, which replaces the one before, as in a viewer."""
        values, purpose = (
            tuple(self._operand(operator, operand) for operand in operands),
            _PURPOSES.get(operator, operator),
        )
        if operator in ("scn", "sc", "SCN", "SC"):
            # A space alone sets its first colour; a colour keeps the space.
            values = (*_tuple(self._state.get(purpose))[:1], values)
        elif purpose in ("fill", "stroke"):
            values = ((operator, values),)
        elif operator == "gs":
            values = (_hashed((self._state.get("gs"), values)),)
        self._state[purpose] = values
        if operator == "Tf":
            self._state |= {"font": operands[0], "size": float(operands[1])}

    def _operand(self, operator: str, operand: Any) -> object:
        """Return an operand; what a name stands for instead of the name."""
        if not isinstance(operand, NameObject) or operator not in _NAMED_RESOURCES:
            return repr(operand)
        found = _resource(self._resources, _NAMED_RESOURCES[operator], operand)
        if found is None:
            return str(operand)
        value: Any = found.get_object()
        if not isinstance(found, IndirectObject) or (operator == "gs" and value.keys() - _TRANSPARENCY_KEYS):
            raise BadRequest("A PDF has a resource that the typesetter does not write.")
        return self._document.digest(found, 1)

    def _glyphs(self, pieces: Sequence[Any]) -> Iterator[Mark]:
        """Yield each glyph of a string, and move on behind it."""
        font = self._document.font(_resource(self._resources, "/Font", self._state["font"]))
        size, seen, length = float(str(self._state["size"])), _seen(self._state), font.code_bytes
        for piece in pieces:
            if isinstance(piece, (int, float)):
                self._text_matrix = _moved(self._text_matrix, -float(piece) / 1000 * size)
                continue
            if not isinstance(piece, (TextStringObject, ByteStringObject)):
                raise BadRequest("A PDF shows something that is no text.")
            codes = piece.original_bytes
            for index in range(0, len(codes), length):
                code, place = codes[index : index + length], _multiply(self._text_matrix, self._matrix)
                width = font.widths.get(int.from_bytes(code, "big"), 0.0) / 1000 * size
                self._text_matrix = _moved(self._text_matrix, width)
                end_x, height = place[4] + width * place[0], abs(size * place[0])
                shape = (*place[:4], *self._matrix[:4])
                yield Mark(("glyph", code, seen), place[4], place[5], shape, end_x, height)

    def _object(self, reference: Any) -> Iterator[Mark]:
        """Yield a picture, or what a form draws."""
        drawn, seen, matrix = reference.get_object(), _seen(self._state), self._matrix
        if drawn.get("/Subtype") != "/Form":
            yield Mark(("picture", self._document.digest(reference, 1), seen), matrix[4], matrix[5], matrix[:4])
            return
        yield Mark(("form", self._document.form_frame(drawn, 1), seen), matrix[4], matrix[5], matrix[:4])
        own = _matrix(drawn["/Matrix"]) if "/Matrix" in drawn else _IDENTITY
        form = _Drawing(self._document, drawn.get("/Resources"), _multiply(own, matrix), self._state, self._depth + 1)
        yield from form.marks(drawn)
        yield Mark(("end of form",), matrix[4], matrix[5])

    def _path_mark(self, operator: str) -> Mark:
        """Return a path, painted or used to clip: its points stand relative to its first one."""
        points = [number for _, numbers in self._path for number in numbers]
        x, y = (points[0], points[1]) if points else (0.0, 0.0)
        shape = tuple(number - (y if index % 2 else x) for index, number in enumerate(points))
        if operator in _STROKE_OPERATORS:
            # It makes the line wider.
            shape += self._matrix[:4]
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
    widths, spanned = dict[int, float](), 0
    rows = list(font["/DescendantFonts"][0].get_object().get("/W") or ())
    while rows:
        code, following = int(rows[0]), rows[1].get_object()
        if isinstance(following, ArrayObject):
            widths |= {code + index: float(width) for index, width in enumerate(following)}
        else:
            spanned += 0x10000
            if spanned > _SPANNED_CODES_LIMIT:
                raise BadRequest("A font has too many widths.")
            widths |= dict.fromkeys(range(code, min(int(following), 0xFFFF) + 1), float(rows[2]))
        rows = rows[2:] if isinstance(following, ArrayObject) else rows[3:]
    return _Font(2, widths)


def _points(operator: str, operands: Sequence[Any], matrix: Matrix) -> tuple[float, ...]:
    numbers = _numbers(operands)
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
    """Return what a name stands for on a page, or None. Raise BadRequest for what is no name."""
    if not isinstance(name, NameObject):
        raise BadRequest("A PDF has something else in the place of a name.")
    named = resources.get(kind)
    return named.get_object().raw_get(name) if named is not None and name in named.get_object() else None


def _matrix(operands: Sequence[Any]) -> Matrix:
    a, b, c, d, e, f = _numbers(operands)
    return a, b, c, d, e, f


def _numbers(operands: Sequence[Any]) -> list[float]:
    """Return numbers. Raise BadRequest for a string that looks like one, and that viewers pass over."""
    if not all(isinstance(operand, (int, float)) for operand in operands):
        raise BadRequest("A PDF has something else in the place of a number.")
    return [float(operand) for operand in operands]


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
