"""Looks over templates/: each parses, calls only what it can know, and holds no inline script or style.

    python .ci/lint_templates.py

Inline handlers, scripts and styles would need holes in the content security policy; an unquoted attribute
with an expression in it can be broken out of; a text field without its browser helpers off sends what is typed away.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined, TemplateSyntaxError

ROOT = Path(__file__).resolve().parent.parent
TEMPLATES = ROOT / "templates"
COMMENT = re.compile(r"\{#.*?#\}|<!--.*?-->", re.DOTALL)
RULES = (
    (re.compile(r"<style\b", re.IGNORECASE), "styles go into static/css"),
    (re.compile(r"\sstyle\s*=", re.IGNORECASE), "styles go into static/css"),
    (re.compile(r"\son[a-z]+\s*=\s*[\"']", re.IGNORECASE), "no inline handlers"),
    (re.compile(r"javascript:", re.IGNORECASE), "no script addresses"),
    (re.compile(r"\|\s*safe\b"), "nothing is marked safe"),
    (re.compile(r"\sautoescape\s+false"), "escaping stays on"),
    (re.compile(r"=\{\{"), "an attribute with an expression is quoted"),
    (re.compile(r"""\ssrc=["']https?:""", re.IGNORECASE), "nothing is loaded from elsewhere"),
)
SCRIPT = re.compile(r"<script\b(?P<attributes>[^>]*)>(?P<body>.*?)</script>", re.IGNORECASE | re.DOTALL)
FIELD = re.compile(r"<(?:input|textarea)\b[^>]*>", re.IGNORECASE)
NOT_TEXT = re.compile(r"""type=["'](?:hidden|checkbox|radio|file|submit|button|date|time|range)["']""")
HELPERS_OFF = ("spellcheck=", "autocomplete=", "autocorrect=", "autocapitalize=", "writingsuggestions=")


def faults(name: str, source: str) -> list[str]:
    """What is wrong in one template."""
    bare = COMMENT.sub("", source)
    found = [f"{name}: {why}: {m.group().strip()}" for rule, why in RULES for m in rule.finditer(bare)]
    for script in SCRIPT.finditer(bare):
        if script["body"].strip() and "importmap" not in script["attributes"] and "json" not in script["attributes"]:
            found.append(f"{name}: scripts go into static/src")
    for field in FIELD.findall(bare):
        if not NOT_TEXT.search(field):
            found.extend(f"{name}: a text field without {h}: {field[:60]}" for h in HELPERS_OFF if h not in field)
    return found


def main() -> int:
    """Print every fault; the exit status says whether there was one."""
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES), undefined=StrictUndefined, autoescape=True, extensions=["jinja2.ext.i18n"]
    )
    found = []
    paths = sorted(p for p in TEMPLATES.rglob("*") if p.is_file() and p.suffix in {".html", ".txt", ".xml"})
    for path in paths:
        name = path.relative_to(TEMPLATES).as_posix()
        try:
            environment.get_template(name)
        except TemplateSyntaxError as error:
            found.append(f"{name}:{error.lineno}: {error.message}")
        found.extend(faults(name, path.read_text()))
    print("\n".join(found) if found else f"templates: {len(paths)} looked over, no fault")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
