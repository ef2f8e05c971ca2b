"""Check templates/: each template parses, uses only known names, and contains no inline script or style.

    python .ci/lint_templates.py

Inline handlers, scripts and styles would need exceptions in the content security policy. An unquoted attribute with an
expression in it can be broken out of. Browser helpers send what is typed in a text field away unless they are turned
off.
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
TEXT_FIELD = re.compile(r"<(?:input|textarea)\b[^>]*>", re.IGNORECASE)
NON_TEXT_TYPE = re.compile(r"""type=["'](?:hidden|checkbox|radio|file|submit|button|date|time|range)["']""")
REQUIRED_FIELD_ATTRIBUTES = ("spellcheck=", "autocomplete=", "autocorrect=", "autocapitalize=", "writingsuggestions=")


def find_faults(name: str, source: str) -> list[str]:
    """Return the faults of one template."""
    uncommented = COMMENT.sub("", source)
    fault_lines = [
        f"{name}: {reason}: {match.group().strip()}" for rule, reason in RULES for match in rule.finditer(uncommented)
    ]
    for script in SCRIPT.finditer(uncommented):
        if script["body"].strip() and "importmap" not in script["attributes"] and "json" not in script["attributes"]:
            fault_lines.append(f"{name}: scripts go into static/src")
    for field in TEXT_FIELD.findall(uncommented):
        if not NON_TEXT_TYPE.search(field):
            fault_lines.extend(
                f"{name}: a text field without {attribute}: {field[:60]}"
                for attribute in REQUIRED_FIELD_ATTRIBUTES
                if attribute not in field
            )
    return fault_lines


def main() -> int:
    """Print every fault. Return the exit status, 1 if there is a fault."""
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES), undefined=StrictUndefined, autoescape=True, extensions=["jinja2.ext.i18n"]
    )
    fault_lines = []
    paths = sorted(path for path in TEMPLATES.rglob("*") if path.is_file() and path.suffix in {".html", ".txt", ".xml"})
    for path in paths:
        name = path.relative_to(TEMPLATES).as_posix()
        try:
            environment.get_template(name)
        except TemplateSyntaxError as error:
            fault_lines.append(f"{name}:{error.lineno}: {error.message}")
        fault_lines.extend(find_faults(name, path.read_text()))
    print("\n".join(fault_lines) if fault_lines else f"templates: {len(paths)} checked, no fault")
    return 1 if fault_lines else 0


if __name__ == "__main__":
    sys.exit(main())
