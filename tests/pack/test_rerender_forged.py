"""Forged pages that only rerendering finds: letters, fonts and pictures of another, and documents taken out.

After each change the lists of digests are written again and signed, with the keeper's key or the advocate's.
"""

import io
import json
import re
import resource
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pikepdf
import pytest
from PIL import Image, ImageDraw

from diary.crypto.file_parts import seal_parts
from diary.encoding import canonical_json
from diary.pack.capsule.builder import build_capsule
from diary.pack.capsule.reader import CAPSULE_LIMIT_BYTES, read_capsule
from diary.pack.verify import pdf_reader
from diary.pack.verify.verifier import verify_pack
from tests.pack.conftest import assemble_pack, build_front_part
from tests.pack.fictional_diary import (
    DAY_MS,
    START_MS,
    FictionalDiary,
    draw_screenshot,
    fictional_diary,
    incident_fields,
    make_print_copy,
)
from tests.pack.pack_members import Members, members_of, rebuild_digest_lists
from tests.pack.prepared_packs import make_prepared_pack, resign
from tests.pack.test_browser_pages import WORDS_IN_OTHER_SCRIPTS, lay_out
from tests.pack.test_preparer_statement import PackPreparer

RELEASE = "0123456789ab"
CHRONOLOGY, EXHIBITS = "data/servable/01_chronology.pdf", "data/servable/04_exhibits.pdf"
REGISTERS = (
    "data/servable/05_message-schedules.csv",
    "data/servable/07_statements.csv",
    "data/servable/08_impact.pdf",
)
# What rerendering says, and no other check.
_CODES = ("lacking", "not_rerendered", "other_engine", "other_release", "picture", "rerendered")


def rerender_findings(path: Path, release: str = RELEASE) -> set[tuple[str, str]]:
    """Return what rerendering says of a pack."""
    findings = verify_pack(path, rerender=release)
    return {(finding.code, finding.member or "") for finding in findings if finding.code in _CODES}


@dataclass(frozen=True)
class BrowserPack:
    """An advocate's pack whose pages the engine of a browser laid out. `rebuilt`: the pages as the program lays them out."""

    preparer: PackPreparer
    members: Members
    pages: Mapping[str, bytes]
    rebuilt: Mapping[str, bytes]

    def forge(self, name: str, change: Callable[[pikepdf.Pdf], None], path: Path) -> Path:
        """Return the pack with one PDF changed, signed again by its preparer."""
        with pikepdf.open(io.BytesIO(self.pages[name])) as pdf:
            change(pdf)
            buffer = io.BytesIO()
            pdf.save(buffer)
        return resign(self.preparer, {**self.members, name: buffer.getvalue()}, path)

    def is_same(self, name: str, raw: bytes) -> bool:
        """Return whether a PDF in the place of another passes for it."""
        page = pdf_reader.first_differing_page(raw, self.rebuilt[name], is_other_engine=True, is_unsandboxed=True)
        return page == pdf_reader.SAME_PAGES

    def is_change_unseen(self, name: str, change: Callable[[pikepdf.Pdf], None]) -> bool:
        """Return whether a PDF that was changed passes for the one before."""
        with pikepdf.open(io.BytesIO(self.pages[name])) as pdf:
            change(pdf)
            buffer = io.BytesIO()
            pdf.save(buffer, object_stream_mode=pikepdf.ObjectStreamMode.disable)
        return self.is_same(name, buffer.getvalue())


@pytest.fixture(scope="module")
def browser_pack(tmp_path_factory: pytest.TempPathFactory) -> BrowserPack:
    """Return a pack with pictures, and words in every script that there is a font for."""
    folder, diary = tmp_path_factory.mktemp("browser"), fictional_diary(count=4, exhibits=2)
    for day, words in enumerate((*WORDS_IN_OTHER_SCRIPTS, "He hit me at the door and I ran home to mine.")):
        diary.add("incident", incident_fields(START_MS + day * DAY_MS, words))
    pack, preparer = make_prepared_pack(diary, folder / "made")
    laid_out = lay_out(diary, preparer.pack.capsule_bytes, folder / "pages").files
    pages = {name: raw for name, raw in laid_out.items() if name.endswith(".pdf")}
    members = {name: raw for name, raw in members_of(pack).items() if name.startswith("data/")}
    assert len(pages) == 4 and all(members[name] != raw for name, raw in pages.items())
    return BrowserPack(preparer, members | pages, pages, members)


def test_pages_of_another_engine_draw_the_same(browser_pack: BrowserPack, tmp_path: Path) -> None:
    """Rerendering says of each that another typesetter made it, and nothing else."""
    pack = resign(browser_pack.preparer, browser_pack.members, tmp_path / "pack.zip")
    assert rerender_findings(pack) == {("other_engine", name) for name in browser_pack.pages}


def _letters_of(font: Any) -> dict[int, str]:
    """Return which letter each code of a font stands for."""
    rows = re.findall(rb"<([0-9A-Fa-f]{4})> ?<([0-9A-Fa-f]+)>", font.ToUnicode.read_bytes())
    return {int(code, 16): bytes.fromhex(text.decode()).decode("utf-16-be") for code, text in rows}


def _draw_other_words(pdf: pikepdf.Pdf) -> None:
    """Draw `I hit him` where the record says `He hit me`, and let the PDF claim that it shows the record's words."""
    for page in pdf.pages:
        letters = {name: _letters_of(font) for name, font in page.Resources.Font.items() if "/ToUnicode" in font}
        instructions, font_name = [], ""
        for row in pikepdf.parse_content_stream(page):
            operands: Any = row.operands
            operator = row.operator
            font_name = str(operands[0]) if str(operator) == "Tf" else font_name
            shown = list(operands[0]) if str(operator) == "TJ" else list(operands) if str(operator) == "Tj" else []
            raw = b"".join(bytes(piece) for piece in shown if isinstance(piece, pikepdf.String))
            font = letters.get(font_name, {})
            text = "".join(font.get(int.from_bytes(raw[i : i + 2], "big"), "?") for i in range(0, len(raw), 2))
            if "He hit me" not in text:
                instructions.append(row)
                continue
            codes = {letter: code for code, letter in font.items()}
            drawn = b"".join(codes[letter].to_bytes(2, "big") for letter in text.replace("He hit me", "I hit him"))
            claimed = pikepdf.Dictionary(ActualText=pikepdf.String(b"\xfe\xff" + text.encode("utf-16-be")))
            instructions += [
                pikepdf.ContentStreamInstruction([pikepdf.Name.Span, claimed], pikepdf.Operator("BDC")),
                pikepdf.ContentStreamInstruction([pikepdf.String(drawn)], pikepdf.Operator("Tj")),
                pikepdf.ContentStreamInstruction([], pikepdf.Operator("EMC")),
            ]
        page.obj["/Contents"] = pdf.make_stream(pikepdf.unparse_content_stream(instructions))


def _draw_with_another_font(pdf: pikepdf.Pdf) -> None:
    """Keep every code and what it stands for, and change the letters that it draws."""
    first, second = (font.DescendantFonts[0].FontDescriptor for font in list(pdf.pages[1].Resources.Font.values())[:2])
    first["/FontFile2"] = second["/FontFile2"]


def _order_letters_otherwise(pdf: pikepdf.Pdf) -> None:
    """Keep the font, and let each code draw the letter after."""
    font = next(iter(pdf.pages[1].Resources.Font.values())).DescendantFonts[0]
    font["/CIDToGIDMap"] = pdf.make_stream(b"".join(code.to_bytes(2, "big") for code in (*range(1, 500), 0)))


def _move_words(pdf: pikepdf.Pdf) -> None:
    """Draw all words of a page at one height."""
    page = pdf.pages[1]
    raw = page.Contents.read_bytes()
    page.obj["/Contents"] = pdf.make_stream(re.sub(rb"(?m)^(1 0 0 -1 [0-9.]+) [0-9.]+ cm", rb"\1 400 cm", raw))


def _cover_words(pdf: pikepdf.Pdf) -> None:
    """Draw a white area over a page."""
    page = pdf.pages[1]
    page.obj["/Contents"] = pdf.make_stream(page.Contents.read_bytes() + b"\nq 1 g 60 400 400 80 re f Q\n")


def _cover_by_note(pdf: pikepdf.Pdf) -> None:
    """Put an annotation over a page, which draws what its maker wants."""
    look = pdf.make_stream(b"1 g 0 0 400 80 re f", Type=pikepdf.Name.XObject, Subtype=pikepdf.Name.Form)
    look["/BBox"] = pikepdf.Array([0, 0, 400, 80])
    note = pikepdf.Dictionary(
        Type=pikepdf.Name.Annot,
        Subtype=pikepdf.Name.Stamp,
        Rect=pikepdf.Array([60, 400, 460, 480]),
        F=4,
        AP=pikepdf.Dictionary(N=look),
    )
    pdf.pages[1].obj["/Annots"] = pdf.make_indirect(pikepdf.Array([pdf.make_indirect(note)]))


def _hide_words(pdf: pikepdf.Pdf) -> None:
    """Draw a page's words in a layer that is not shown."""
    layer = pdf.make_indirect(pikepdf.Dictionary(Type=pikepdf.Name.OCG, Name="layer"))
    pdf.Root["/OCProperties"] = pikepdf.Dictionary(
        OCGs=pikepdf.Array([layer]), D=pikepdf.Dictionary(OFF=pikepdf.Array([layer]))
    )
    page = pdf.pages[1]
    page.Resources["/Properties"] = pikepdf.Dictionary(hidden=layer)
    page.obj["/Contents"] = pdf.make_stream(b"/OC /hidden BDC\n" + page.Contents.read_bytes() + b"\nEMC\n")


@pytest.mark.parametrize(
    "change",
    [
        _draw_other_words,
        _draw_with_another_font,
        _order_letters_otherwise,
        _move_words,
        _cover_words,
        _cover_by_note,
        _hide_words,
    ],
)
def test_what_a_page_draws_counts_not_what_it_claims(
    browser_pack: BrowserPack, tmp_path: Path, change: Callable[[pikepdf.Pdf], None]
) -> None:
    """A page that a program reads as the record's words, and that shows a person others, is found."""
    pack = browser_pack.forge(CHRONOLOGY, change, tmp_path / "forged.zip")
    [(code, member)] = rerender_findings(pack) - {("other_engine", name) for name in browser_pack.pages}
    assert code == "rerendered" and member.partition("#page=")[0] == CHRONOLOGY


def _rewrite(pdf: pikepdf.Pdf, change: Callable[[Any], list[Any]]) -> None:
    """Change each instruction of all pages into others, and make sure that at least one was."""
    is_changed = False
    for page in pdf.pages:
        instructions: list[Any] = []
        for row in pikepdf.parse_content_stream(page):
            changed = change(row)
            is_changed = is_changed or changed != [row]
            instructions += changed
        page.obj["/Contents"] = pdf.make_stream(pikepdf.unparse_content_stream(instructions))
    assert is_changed


def _instruction(operator: str, *operands: Any) -> pikepdf.ContentStreamInstruction:
    return pikepdf.ContentStreamInstruction(list(operands), pikepdf.Operator(operator))


def _save_only(_pdf: pikepdf.Pdf) -> None:
    """Change nothing."""


def _write_anew(pdf: pikepdf.Pdf) -> None:
    """Write the same instructions in another way."""
    page = pdf.pages[1]
    page.obj["/Contents"] = pdf.make_stream(pikepdf.unparse_content_stream(pikepdf.parse_content_stream(page)))


@pytest.mark.parametrize("name", [CHRONOLOGY, EXHIBITS])
@pytest.mark.parametrize("change", [_save_only, _write_anew])
def test_the_same_in_other_bytes_passes(
    browser_pack: BrowserPack, name: str, change: Callable[[pikepdf.Pdf], None]
) -> None:
    """What finds the forgeries below is not how they were saved."""
    assert browser_pack.is_change_unseen(name, change)


def _draw_glyphs_at(pdf: pikepdf.Pdf, move_x: float, move_y: float) -> None:
    """Draw the last glyph of each long piece of text elsewhere, and go on as if it were in its place."""

    def change(row: Any) -> list[Any]:
        pieces = list(row.operands[0]) if str(row.operator) == "TJ" else []
        raw = bytes(pieces[-1]) if pieces and isinstance(pieces[-1], pikepdf.String) else b""
        if len(raw) < 6:
            return [row]
        return [
            _instruction("TJ", pikepdf.Array([*pieces[:-1], pikepdf.String(raw[:-2])])),
            _instruction("cm", 1, 0, 0, 1, move_x, move_y),
            _instruction("Tj", pikepdf.String(raw[-2:])),
            _instruction("cm", 1, 0, 0, 1, -move_x, -move_y),
        ]

    _rewrite(pdf, change)


def _draw_off_the_page(pdf: pikepdf.Pdf) -> None:
    """Draw some words so far left that nobody sees them, a little below their line."""
    _draw_glyphs_at(pdf, -900, 0.01)


def _draw_a_line_below(pdf: pikepdf.Pdf) -> None:
    """Draw some words over those of the next line."""
    _draw_glyphs_at(pdf, -20, 11)


def _reset_colour(pdf: pikepdf.Pdf) -> None:
    """Choose the space of each colour again, which sets its first colour: black."""
    space = pikepdf.Name.c0

    def change(row: Any) -> list[Any]:
        nonlocal space
        if str(row.operator) == "cs":
            space = row.operands[0]
        return [row, _instruction("cs", space)] if str(row.operator) == "scn" else [row]

    _rewrite(pdf, change)


def _set_colour_twice(pdf: pikepdf.Pdf) -> None:
    """Set another colour in another way behind each."""
    _rewrite(pdf, lambda row: [row, _instruction("rg", 1, 1, 1)] if str(row.operator) == "scn" else [row])


def _show_two_strings(pdf: pikepdf.Pdf) -> None:
    """Give an operator two strings: some programs draw the last one only."""
    _rewrite(
        pdf,
        lambda row: [_instruction("Tj", row.operands[0], pikepdf.String(b""))] if str(row.operator) == "Tj" else [row],
    )


def _name_a_plain_colour(pdf: pikepdf.Pdf) -> None:
    """Let plain colours stand for others."""
    spaces = pdf.pages[1].Resources.ColorSpace
    spaces["/DefaultGray"] = spaces["/c0"]


def _paint_with_emoji(pdf: pikepdf.Pdf) -> None:
    """Let emoji paint the whole page, by a form in place of theirs."""
    fonts = [font for page in pdf.pages for font in page.Resources.Font.values() if font.Subtype == "/Type3"]
    for font in fonts:
        for form in font.Resources.XObject.values():
            form.write(b"1 1 1 rg -100000 -100000 200000 200000 re f")
            form["/BBox"] = pikepdf.Array([-100000, -100000, 100000, 100000])
    assert fonts


def _paint_beside_emoji(pdf: pikepdf.Pdf) -> None:
    """Let the procedures of emoji paint without a form, which would bound them."""
    fonts = [font for page in pdf.pages for font in page.Resources.Font.values() if font.Subtype == "/Type3"]
    for font in fonts:
        for name, procedure in list(font.CharProcs.items()):
            painted = procedure.read_bytes() + b" 1 1 1 rg -100000 -100000 200000 200000 re f"
            font.CharProcs[name] = pdf.make_stream(painted)
    assert fonts


def _open_with_a_form(pdf: pikepdf.Pdf) -> None:
    """Let a program show a form in place of the pages."""
    pdf.Root["/AcroForm"] = pikepdf.Dictionary(Fields=pikepdf.Array([]), XFA=pdf.make_stream(b"<xdp/>"))
    pdf.Root["/NeedsRendering"] = True


def _open_with_a_script(pdf: pikepdf.Pdf) -> None:
    pdf.Root["/OpenAction"] = pikepdf.Dictionary(S=pikepdf.Name.JavaScript, JS="app.alert(1)")


def _name_a_script(pdf: pikepdf.Pdf) -> None:
    script = pikepdf.Dictionary(S=pikepdf.Name.JavaScript, JS="app.alert(1)")
    pdf.Root.Names["/JavaScript"] = pikepdf.Dictionary(Names=pikepdf.Array([pikepdf.String("a"), script]))


def _run_on_a_page(pdf: pikepdf.Pdf) -> None:
    script = pikepdf.Dictionary(S=pikepdf.Name.JavaScript, JS="app.alert(1)")
    pdf.pages[1].obj["/AA"] = pikepdf.Dictionary(O=script)


def _crop_a_page(pdf: pikepdf.Pdf) -> None:
    pdf.pages[1].obj["/CropBox"] = pikepdf.Array([0, 0, 300, 300])


def _links_of(pdf: pikepdf.Pdf) -> list[Any]:
    links = [note for page in pdf.pages for note in page.obj.get("/Annots", [])]
    assert links
    return links


def _link_elsewhere(pdf: pikepdf.Pdf) -> None:
    for link in _links_of(pdf):
        link["/A"] = pikepdf.Dictionary(S=pikepdf.Name.URI, URI="https://example.org")


def _link_to_another_page(pdf: pikepdf.Pdf) -> None:
    for link in _links_of(pdf):
        link.Dest[0] = pdf.pages[0].obj


def _make_links_larger(pdf: pikepdf.Pdf) -> None:
    for link in _links_of(pdf):
        link["/Rect"] = pikepdf.Array([0, 0, 595, 842])


def _name_bookmarks_otherwise(pdf: pikepdf.Pdf) -> None:
    pdf.Root.Outlines.First["/Title"] = pikepdf.String("I lied")


def _exchange_bookmarks(pdf: pikepdf.Pdf) -> None:
    first, last = pdf.Root.Outlines.First, pdf.Root.Outlines.Last
    first["/Dest"], last["/Dest"] = last.Dest, first.Dest
    assert first.Dest != last.Dest


def _name_another_author(pdf: pikepdf.Pdf) -> None:
    pdf.trailer["/Info"]["/Author"] = pikepdf.String("Somebody else")


def _hold_two_files_of_a_name(pdf: pikepdf.Pdf) -> None:
    """Let an account be another file for programs that read the second entry."""
    specs = [item for item in pdf.objects if isinstance(item, pikepdf.Dictionary) and "/EF" in item]
    for spec in specs:
        spec.EF["/UF"] = pdf.make_stream(b"I lied")
    assert specs


@pytest.mark.parametrize(
    "change",
    [
        _draw_off_the_page,
        _draw_a_line_below,
        _reset_colour,
        _set_colour_twice,
        _show_two_strings,
        _name_a_plain_colour,
        _paint_with_emoji,
        _paint_beside_emoji,
        _open_with_a_form,
        _open_with_a_script,
        _name_a_script,
        _run_on_a_page,
        _crop_a_page,
        _link_elsewhere,
        _link_to_another_page,
        _make_links_larger,
        _name_bookmarks_otherwise,
        _exchange_bookmarks,
        _name_another_author,
        _hold_two_files_of_a_name,
    ],
)
def test_what_the_engine_does_not_write_is_found(
    browser_pack: BrowserPack, change: Callable[[pikepdf.Pdf], None]
) -> None:
    """Places, colours, emoji, scripts, links and bookmarks of a forger do not pass for the engine's."""
    assert not browser_pack.is_change_unseen(CHRONOLOGY, change)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("/DecodeParms", pikepdf.Dictionary(ColorTransform=0)),
        ("/Decode", pikepdf.Array([1, 0, 1, 0, 1, 0])),
        ("/Mask", pikepdf.Array([0, 255, 0, 255, 0, 255])),
        ("/Interpolate", True),
        ("/ColorSpace", pikepdf.Name.DeviceCMYK),
        ("/OC", pikepdf.Dictionary(Type=pikepdf.Name.OCG, Name="layer")),
    ],
)
def test_a_picture_shown_otherwise_is_found(browser_pack: BrowserPack, name: str, value: Any) -> None:
    """The bytes of a JPEG are the true ones, and the words beside it change what a viewer shows."""

    def change(pdf: pikepdf.Pdf) -> None:
        pictures = [item for item in pdf.objects if isinstance(item, pikepdf.Stream) and "/BitsPerComponent" in item]
        for picture in pictures:
            picture[name] = value
        assert pictures

    assert not browser_pack.is_change_unseen(EXHIBITS, change)


@pytest.mark.parametrize(
    ("name", "marker"), [(CHRONOLOGY, "/Contents"), (EXHIBITS, "/XObject"), (CHRONOLOGY, "/Con#74ents")]
)
def test_a_name_twice_in_a_dictionary_is_found(browser_pack: BrowserPack, name: str, marker: str) -> None:
    """Of two entries of one name this reader takes the first and another program takes the last."""
    own_name = marker.replace("#74", "t")
    with pikepdf.open(io.BytesIO(browser_pack.pages[name])) as pdf:
        page = next(page for page in pdf.pages if own_name in (page.Resources if "X" in marker else page.obj))
        holder = page.Resources if "X" in marker else page.obj
        holder["/Zz" + "z" * (len(marker) - 3)] = holder[own_name]
        buffer = io.BytesIO()
        pdf.save(buffer, object_stream_mode=pikepdf.ObjectStreamMode.disable)
    false = ("/Zz" + "z" * (len(marker) - 3)).encode()
    assert buffer.getvalue().count(false) == 1
    assert not browser_pack.is_same(name, buffer.getvalue().replace(false, marker.encode()))


def test_bytes_beside_the_objects_are_found(browser_pack: BrowserPack) -> None:
    """Programs that repair a file might read them."""
    raw = browser_pack.pages[CHRONOLOGY]
    for false in (raw + b"\n9 0 obj\n<<>>\nendobj\n", raw.replace(b"\ntrailer", b"\n%\ntrailer")):
        assert not browser_pack.is_same(CHRONOLOGY, false)


def _replacing(pattern: bytes, replacement: bytes) -> Callable[[pikepdf.Pdf], None]:
    """Return a change of what all pages of a document draw."""

    def change(pdf: pikepdf.Pdf) -> None:
        count = 0
        for page in pdf.pages:
            raw, number = re.subn(pattern, replacement, page.Contents.read_bytes())
            page.obj["/Contents"], count = pdf.make_stream(raw), count + number
        assert count

    return change


def _show_lists(pdf: pikepdf.Pdf) -> None:
    """Write letters as lists of numbers, which viewers pass over, and let the PDF claim that it shows them."""
    count = 0
    for page in pdf.pages:
        fonts = {name: _letters_of(font) for name, font in page.Resources.Font.items() if "/ToUnicode" in font}
        instructions, letters = [], dict[int, str]()
        for row in pikepdf.parse_content_stream(page):
            operands: Any = row.operands
            letters = fonts.get(str(operands[0]), {}) if str(row.operator) == "Tf" else letters
            raw = bytes(operands[0]) if str(row.operator) == "Tj" else b""
            text = letters.get(int.from_bytes(raw, "big"), "")
            if not (text.isascii() and text.isalpha()):
                instructions.append(row)
                continue
            claimed = pikepdf.Dictionary(ActualText=pikepdf.String(b"\xfe\xff" + text.encode("utf-16-be")))
            shown = _instruction("TJ", pikepdf.Array([pikepdf.Array(list(raw))]))
            instructions += [_instruction("BDC", pikepdf.Name.Span, claimed), shown, _instruction("EMC")]
            count += 1
        page.obj["/Contents"] = pdf.make_stream(pikepdf.unparse_content_stream(instructions))
    assert count


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(_show_lists, id="a list in the place of a string"),
        pytest.param(_replacing(rb"(1 0 0 -1 [0-9.]+) ([0-9.]+) cm", rb"\1 (\2) cm"), id="a string for a number"),
        pytest.param(_replacing(rb"\\r", b"\r"), id="a carriage return, which viewers take for a line feed"),
        pytest.param(_replacing(rb"\\000", b"\\\\\n\\000"), id="an escaped end of a line"),
        pytest.param(
            _replacing(rb"1 0 0 -1 0 0 Tm\n(.*T[jJ])", rb"1 0 0 -1 300 300 Tm q 1 0 0 -1 0 0 Tm Q \1"),
            id="a state kept inside a text",
        ),
        pytest.param(_replacing(rb"0 0 m\n([0-9.]+) 0 l\nS", rb"1 0 0 100 0 0 cm 0 0 m \1 0 l S"), id="a wide line"),
        pytest.param(_replacing(rb" l\n((?:h\n)?[fS]\n)", rb" l 1 0 0 1 0 200 cm \1"), id="a path moved later"),
    ],
)
def test_what_viewers_draw_otherwise_is_found(browser_pack: BrowserPack, change: Callable[[pikepdf.Pdf], None]) -> None:
    """Operands and places that the program's reader takes and that viewers pass over, or take for something else."""
    assert not browser_pack.is_change_unseen(CHRONOLOGY, change)


def _name_by_string(kind: str) -> Callable[[pikepdf.Pdf], None]:
    def change(pdf: pikepdf.Pdf) -> None:
        found = [item for item in pdf.objects if isinstance(item, (pikepdf.Dictionary, pikepdf.Stream))]
        found = [item for item in found if item.get("/Subtype") == kind]
        for item in found:
            item["/Subtype"] = pikepdf.String(kind)
        assert found

    return change


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(_name_by_string("/Image"), id="a picture's kind"),
        pytest.param(_name_by_string("/Type0"), id="a font's kind"),
        pytest.param(_replacing(rb"/(x[0-9]+) Do", rb"(/\1) Do"), id="a picture's name"),
    ],
)
def test_a_string_is_no_name(browser_pack: BrowserPack, change: Callable[[pikepdf.Pdf], None]) -> None:
    """Viewers leave out the picture, and draw letters of another font."""
    assert not browser_pack.is_change_unseen(EXHIBITS, change)


def test_a_document_before_the_true_one_is_found(browser_pack: BrowserPack) -> None:
    """A first object that says the PDF is linearized makes viewers read the table behind it: the forger's own."""
    with pikepdf.open(io.BytesIO(browser_pack.pages[CHRONOLOGY])) as pdf:
        buffer = io.BytesIO()
        pdf.save(buffer, object_stream_mode=pikepdf.ObjectStreamMode.disable)
    raw = buffer.getvalue()
    assert browser_pack.is_same(CHRONOLOGY, raw)
    for first in (b"<< /Linearized 1 >>", b"<< /Type /XRef /Length 0 >>\nstream\n\nendstream", b"1 0 R"):
        assert not browser_pack.is_same(CHRONOLOGY, _with_first_object(raw, first))
    assert browser_pack.is_same(CHRONOLOGY, _with_first_object(raw, b"<< >>"))
    assert not browser_pack.is_same(CHRONOLOGY, re.sub(rb"/Size \d+", b"/Size 9", raw))


def _with_first_object(raw: bytes, content: bytes) -> bytes:
    """Return a PDF with one more object before all others."""
    table, begin = raw.rindex(b"xref\n0 ", 0, -40), raw.index(b"1 0 obj")
    count = int(raw[table + 7 :].split(None, 1)[0])
    added = f"{count} 0 obj\n".encode() + content + b"\nendobj\n"
    body, end = raw[:begin] + added + raw[begin:table], raw[table:]
    rows = re.sub(
        rb"(\d{10}) 00000 n",
        lambda match: b"%010d 00000 n" % (int(match[1]) + len(added)),
        end.partition(b"trailer")[0],
    )
    rows = rows.replace(b"0 %d" % count, b"0 %d" % (count + 1), 1) + b"%010d 00000 n \n" % begin
    trailer = re.sub(rb"/Size \d+", b"/Size %d" % (count + 1), b"trailer" + end.partition(b"trailer")[2])
    return body + rows + re.sub(rb"startxref\n\d+", b"startxref\n%d" % len(body), trailer)


@pytest.mark.parametrize("kind", ["forms", "operators", "clips", "marks"])
def test_reading_a_forged_page_stops_soon(browser_pack: BrowserPack, kind: str) -> None:
    """No more is read of a forged document than of the one that was laid out again, and a little."""

    def change(pdf: pikepdf.Pdf) -> None:
        form = pdf.make_stream(b"q Q\n" * 1000, Type=pikepdf.Name.XObject, Subtype=pikepdf.Name.Form, BBox=[0, 0, 1, 1])
        for _ in range(7):
            resources = pikepdf.Dictionary(XObject=pikepdf.Dictionary(X=pdf.make_indirect(form)))
            form = pdf.make_stream(b"/X Do\n" * 100, Type=pikepdf.Name.XObject, Subtype=pikepdf.Name.Form)
            form["/BBox"], form["/Resources"] = pikepdf.Array([0, 0, 1, 1]), resources
        page, own = pdf.pages[0], pdf.pages[0].Contents.read_bytes()
        page.Resources["/XObject"] = pikepdf.Dictionary(X=pdf.make_indirect(form))
        before = {"forms": b"/X Do\n", "operators": b"q Q\n" * 3_000_000, "clips": b"0 0 m 1 1 l W n\n" * 60_000}
        # Each begins something that does not end.
        after = b"/Span << /ActualText <> >> BDC\n" * 8_000 if kind == "marks" else b""
        page.obj["/Contents"] = pdf.make_stream(before.get(kind, b"") + own + after)

    start = time.process_time() + sum(resource.getrusage(resource.RUSAGE_CHILDREN)[:2])
    assert not browser_pack.is_change_unseen(CHRONOLOGY, change)
    assert time.process_time() + sum(resource.getrusage(resource.RUSAGE_CHILDREN)[:2]) - start < 8


def test_forms_within_forms_are_not_searched_for_days() -> None:
    """A volume of 04 in which each form contains the same twelve again."""
    pdf = pikepdf.new()
    page = pdf.add_blank_page()
    form = pdf.make_stream(b"", Type=pikepdf.Name.XObject, Subtype=pikepdf.Name.Form)
    forms = pikepdf.Dictionary({f"/x{number}": form for number in range(12)})
    form["/Resources"] = page.obj["/Resources"] = pdf.make_indirect(pikepdf.Dictionary(XObject=forms))
    with pdf.open_outline() as outline:
        outline.root.append(pikepdf.OutlineItem("JB/1", 0))
    buffer = io.BytesIO()
    pdf.save(buffer)
    start = time.monotonic()
    assert pdf_reader.read_pictures(buffer.getvalue(), set(), is_unsandboxed=True) == {}
    assert time.monotonic() - start < 20


def test_a_picture_over_the_true_one_is_found(browser_pack: BrowserPack, tmp_path: Path) -> None:
    """The true picture is the page's first, and another is drawn over it."""
    jpeg = make_print_copy(draw_screenshot(77), 300)

    def cover(pdf: pikepdf.Pdf) -> None:
        page = next(page for page in pdf.pages if "/XObject" in page.Resources)
        picture = pdf.make_stream(jpeg, Type=pikepdf.Name.XObject, Subtype=pikepdf.Name.Image)
        width, height = Image.open(io.BytesIO(jpeg)).size
        form = {"Filter": pikepdf.Name.DCTDecode, "ColorSpace": pikepdf.Name.DeviceRGB, "BitsPerComponent": 8}
        for name, value in {**form, "Width": width, "Height": height}.items():
            picture[f"/{name}"] = value
        page.Resources.XObject["/z"] = picture
        page.obj["/Contents"] = pdf.make_stream(page.Contents.read_bytes() + b"\nq 300 0 0 600 60 100 cm /z Do Q\n")

    found = rerender_findings(browser_pack.forge(EXHIBITS, cover, tmp_path / "forged.zip"))
    # Its e-mail might be read in another way by another release, so 04 is not said to be changed.
    assert ("not_rerendered", EXHIBITS) in found and ("other_engine", EXHIBITS) not in found


def _diary_with_pictures() -> FictionalDiary:
    """Return a diary with two pictures, and a film with a still."""
    diary = FictionalDiary()
    diary.add("settings", {"initials": "JB", "own_words": "x"}, {})
    entry = diary.add("incident", incident_fields(START_MS, "He wrote to me."))
    for seed in (1, 2):
        true = draw_screenshot(seed)
        diary.attach(entry, true, "image/png", "His message", print_image=make_print_copy(true))
    return diary


def _false_picture() -> bytes:
    image, buffer = Image.new("RGB", (900, 1948), "white"), io.BytesIO()
    ImageDraw.Draw(image).text((40, 300), "I LOVE YOU. COME OVER", fill="black", font_size=48)
    image.save(buffer, "JPEG", quality=80)
    return buffer.getvalue()


def _exchange_pictures(_diary: FictionalDiary, rows: list[dict[str, Any]]) -> None:
    rows[0]["print"], rows[1]["print"] = rows[1]["print"], rows[0]["print"]


def _swap_picture(diary: FictionalDiary, rows: list[dict[str, Any]]) -> None:
    """Put another picture in the place of the first, as a server that lays out pages could."""
    blob, key = next(row for row in diary.versions if row["kind"] == "attachment")["open"]["keys"][0]
    false = _false_picture()
    for place in [place for place in diary.sealed_parts if place[0] == blob]:
        del diary.sealed_parts[place]
    for index, part in enumerate(seal_parts(key, diary.diary_id, blob, [false], len(false))):
        diary.sealed_parts[blob, index] = part
    rows[0]["print"]["size"] = len(false)


@pytest.mark.parametrize(("change", "items"), [(_exchange_pictures, ("JB/1", "JB/2")), (_swap_picture, ("JB/1",))])
async def test_a_picture_that_is_not_the_sealed_one_is_found(
    tmp_path: Path, change: Callable[[FictionalDiary, list[dict[str, Any]]], None], items: tuple[str, ...]
) -> None:
    """04 lays out whatever JPEG it holds; the record has the digest of the copy that belongs to each exhibit."""
    diary = _diary_with_pictures()
    raw = build_capsule(diary.versions, diary.wish(), diary.public_keys)
    capsule = json.loads(raw)
    change(diary, capsule["exhibits"])
    forged = canonical_json(capsule, limit_bytes=CAPSULE_LIMIT_BYTES)
    front = await build_front_part(diary, forged, tmp_path / "front.zip")
    pack = assemble_pack(diary, front, read_capsule(raw), tmp_path / "pack.zip")
    assert verify_pack(pack, notary=diary.notary.pub) == []
    assert rerender_findings(pack) == {("picture", f"{EXHIBITS}#{item}") for item in items}


async def test_documents_that_the_record_gives_and_that_are_gone_are_found(tmp_path: Path) -> None:
    """05, 07 and 08 taken out of a pack, and all its lists signed again by its key."""
    diary = FictionalDiary()
    diary.add("settings", {"initials": "JB", "own_words": "x"}, {})
    entry = diary.add("incident", incident_fields(START_MS, "He wrote to me."))
    ids = {"incident_ids": [entry["record"]]}
    diary.add("statement", {**ids, "narrative": "I saw him hit the door."})
    diary.add("impact", {**ids, "domain": "sleep", "before": "slept", "after": "I cannot sleep"})
    rows = [{"msg_no": 1, "direction": "in", "text": "I will kill you"}]
    diary.add("schedule", {**ids, "rows": rows, "tz": "Europe/London"})
    raw = build_capsule(diary.versions, diary.wish(), diary.public_keys)
    front = await build_front_part(diary, raw, tmp_path / "front.zip")
    pack = assemble_pack(diary, front, read_capsule(raw), tmp_path / "pack.zip")
    members = members_of(pack)
    assert members.keys() >= set(REGISTERS)
    assert rerender_findings(pack) == set()
    remaining = {name: content for name, content in members.items() if name not in REGISTERS}
    forged = rebuild_digest_lists(pack, remaining, tmp_path / "forged.zip", diary.author)
    assert verify_pack(forged, notary=diary.notary.pub) == []
    assert rerender_findings(forged) == {("lacking", name) for name in REGISTERS}
    assert rerender_findings(forged, release="ba9876543210") == {("other_release", name) for name in REGISTERS}
