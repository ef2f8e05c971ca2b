"""Style sheets are beside what they style, have no unused rules, and reach browsers complete in a fixed order."""

import re
import subprocess
from pathlib import Path

import pytest

from diary.paths import STATIC, TEMPLATES

SOURCES = STATIC / "src"
SHEETS = sorted(SOURCES.rglob("*.css"))
COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
CLASS_SELECTOR = re.compile(r"\.(-?[_a-zA-Z][\w-]*)")
# Text before a brace: selectors, and conditions of at-rules, which have no classes.
SELECTOR = re.compile(r"([^{};]+)\{")


def class_names(sheet: str) -> set[str]:
    """Return the classes in a style sheet's selectors."""
    return {name for selector in SELECTOR.findall(COMMENT.sub("", sheet)) for name in CLASS_SELECTOR.findall(selector)}


def view_sources(*folders: Path) -> str:
    """Return the text of every view below these folders."""
    return "\n".join(path.read_text(encoding="utf-8") for folder in folders for path in sorted(folder.rglob("*.ts")))


def is_used(name: str, code: str) -> bool:
    """Check whether the code has a class in full, or as stem and value, as in `input-${field.lines}`."""
    name_stems = (name[: index + 1] for index, separator in enumerate(name) if separator == "-")
    return bool(re.search(rf"(?<![\w-]){re.escape(name)}(?![\w-])", code)) or any(
        f"{stem}${{" in code for stem in name_stems
    )


def unused_classes(sheet: str, code: str) -> set[str]:
    """Return the classes of a style sheet that the code never uses."""
    return {name for name in class_names(sheet) if not is_used(name, code)}


@pytest.mark.parametrize("path", SHEETS, ids=lambda path: path.relative_to(SOURCES).as_posix())
def test_every_class_is_used(path: Path) -> None:
    """A rule for a class that no view or template uses is dead."""
    pages = "\n".join(page.read_text(encoding="utf-8") for page in TEMPLATES.glob("*.html"))
    assert unused_classes(path.read_text(encoding="utf-8"), view_sources(SOURCES) + pages) == set()


@pytest.mark.parametrize("path", sorted(SOURCES.glob("features/*/style.css")), ids=lambda path: path.parent.name)
def test_a_feature_styles_only_what_it_draws(path: Path) -> None:
    """A class of a feature's sheet is used by the feature, its components or the shell only."""
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
    """An unused class is found: comments and values do not count, and a stem counts only where it is used."""
    sheet = "/* .gone */ .a, .b-c:hover > .d { background: url(x.png) } @media (width > 1.5rem) { .e-f { inset: 0 } }"
    assert class_names(sheet) == {"a", "b-c", "d", "e-f"}
    assert unused_classes(sheet, "class='a b-${x}'") == {"d", "e-f"}


def test_browsers_get_every_sheet_once_in_order(tmp_path: Path) -> None:
    """Tokens, base, parts, components, features: later rules win, so the order matters."""
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
    """Rules use start and end, not left and right: Urdu pages use the same style sheets."""
    sided_properties = SIDE_PROPERTY.findall(COMMENT.sub("", sheet.read_text(encoding="utf-8")))
    assert sided_properties == [], "use the logical property, as in border-inline-start"


def test_a_named_side_is_found() -> None:
    """Physical properties are found, logical ones are allowed."""
    assert SIDE_PROPERTY.findall("a {\n  border-left: 0;\n  right: 0;\n}") == ["border-left", "right"]
    assert SIDE_PROPERTY.findall("a {\n  border-inline-start: 0;\n  text-align: left;\n  inset-inline-end: 0;\n}") == []
