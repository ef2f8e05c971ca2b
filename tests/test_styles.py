"""Style sheets lie with what they style, nothing in them is unused, and browsers get them whole in a fixed order."""

import re
import subprocess
from pathlib import Path

import pytest

from diary.paths import STATIC, TEMPLATES

SOURCES = STATIC / "src"
SHEETS = sorted(SOURCES.rglob("*.css"))
COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
CLASS_SELECTOR = re.compile(r"\.(-?[_a-zA-Z][\w-]*)")
# What stands before a brace: selectors, and conditions of at-rules, in which no class can stand.
SELECTOR = re.compile(r"([^{};]+)\{")


def class_names(sheet: str) -> set[str]:
    """The classes that a style sheet names in its selectors."""
    return {name for selector in SELECTOR.findall(COMMENT.sub("", sheet)) for name in CLASS_SELECTOR.findall(selector)}


def view_sources(*folders: Path) -> str:
    """The text of every view below these folders."""
    return "\n".join(path.read_text(encoding="utf-8") for folder in folders for path in sorted(folder.rglob("*.ts")))


def is_used(name: str, code: str) -> bool:
    """Whether the code names a class as a whole, or by a stem and a value, as in `input-${field.lines}`."""
    name_stems = (name[: index + 1] for index, separator in enumerate(name) if separator == "-")
    return bool(re.search(rf"(?<![\w-]){re.escape(name)}(?![\w-])", code)) or any(
        f"{stem}${{" in code for stem in name_stems
    )


def unused_classes(sheet: str, code: str) -> set[str]:
    """The classes of a style sheet that the code names nowhere."""
    return {name for name in class_names(sheet) if not is_used(name, code)}


@pytest.mark.parametrize("path", SHEETS, ids=lambda path: path.relative_to(SOURCES).as_posix())
def test_every_class_is_used(path: Path) -> None:
    """A rule for a class that no view or template names is dead."""
    pages = "\n".join(page.read_text(encoding="utf-8") for page in TEMPLATES.glob("*.html"))
    assert unused_classes(path.read_text(encoding="utf-8"), view_sources(SOURCES) + pages) == set()


@pytest.mark.parametrize("path", sorted(SOURCES.glob("features/*/style.css")), ids=lambda path: path.parent.name)
def test_a_feature_styles_only_what_it_draws(path: Path) -> None:
    """Every class of a feature's sheet is named by the feature, its components or the shell; no other feature's views need it."""
    sheet = path.read_text(encoding="utf-8")
    own = view_sources(path.parent)
    shared = class_names(
        "".join((SOURCES / "shell" / name).read_text(encoding="utf-8") for name in ("base.css", "parts.css"))
    )
    shared |= {
        name
        for other in SOURCES.glob("components/**/style.css")
        for name in class_names(other.read_text(encoding="utf-8"))
    }
    assert {name for name in class_names(sheet) - shared if not is_used(name, own)} == set()


def test_an_unused_class_is_found() -> None:
    """The measure itself can fail: a class in a comment or in a value is none, and a stem counts only where it is used."""
    sheet = "/* .gone */ .a, .b-c:hover > .d { background: url(x.png) } @media (width > 1.5rem) { .e-f { inset: 0 } }"
    assert class_names(sheet) == {"a", "b-c", "d", "e-f"}
    assert unused_classes(sheet, "class='a b-${x}'") == {"d", "e-f"}


def test_browsers_get_every_sheet_once_in_order(tmp_path: Path) -> None:
    """Tokens, base, parts, components, features: a later rule wins, so the order is part of the meaning."""
    subprocess.run(["node", STATIC.parent / ".ci" / "join_styles.mjs", tmp_path / "css"], check=True)
    app = (tmp_path / "css" / "app.css").read_text(encoding="utf-8")
    desk = (tmp_path / "css" / "desk.css").read_text(encoding="utf-8")
    assert (app, desk) == tuple((STATIC / "css" / name).read_text(encoding="utf-8") for name in ("app.css", "desk.css"))
    names = re.findall(r"^/\* (\S+\.css) \*/$", app + desk, re.MULTILINE)
    assert names[:3] == ["shell/tokens.css", "shell/base.css", "shell/parts.css"]
    assert [name.split("/")[0] for name in names[3:]] == sorted(
        (name.split("/")[0] for name in names[3:]), key=["components", "features", "desk"].index
    )
    assert sorted(names) == [path.relative_to(SOURCES).as_posix() for path in SHEETS]
    for path in SHEETS:
        assert path.read_text(encoding="utf-8") in app + desk


SIDE_PROPERTY = re.compile(
    r"^\s*((?:margin|padding|border|scroll-margin|scroll-padding)-(?:left|right)[\w-]*|left|right)\s*:", re.MULTILINE
)


@pytest.mark.parametrize("sheet", SHEETS, ids=[sheet.relative_to(SOURCES).as_posix() for sheet in SHEETS])
def test_no_rule_names_a_side(sheet: Path) -> None:
    """Start and end, not left and right: pages in Urdu run from right to left with the same style sheets."""
    found = SIDE_PROPERTY.findall(COMMENT.sub("", sheet.read_text(encoding="utf-8")))
    assert found == [], "use the logical property, as in border-inline-start"


def test_a_named_side_is_found() -> None:
    """Physical properties are found, logical ones are let be."""
    assert SIDE_PROPERTY.findall("a {\n  border-left: 0;\n  right: 0;\n}") == ["border-left", "right"]
    assert SIDE_PROPERTY.findall("a {\n  border-inline-start: 0;\n  text-align: left;\n  inset-inline-end: 0;\n}") == []
