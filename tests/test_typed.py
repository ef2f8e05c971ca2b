"""How often the browser's code steps out of the type check. Each place has its reason beside it."""

import re

from diary.paths import STATIC

# `any`, double casts, suppressions and non-null assertions in all of static/src/.
MOST = 20
SRC = STATIC / "src"
STEPS_OUT = re.compile(
    r"(?<![\w'.\"-])any(?=[\[\]>,;)|&\s}])"
    r"|\bas unknown as\b|@ts-[\w-]+|\bbiome-ignore\b"
    r"|(?<=[\w\])])!(?=[.;,)\]])|:\s*Function\b"
)
SUPPRESSED = re.compile(r"(?:@ts-(?:expect-error|ignore)|biome-ignore [\w/]+):? *(.*)")


def code_of(text: str) -> str:
    """The text without block comments, strings and templates; line comments stay, since suppressions are among them."""
    text = re.sub(r"/\*.*?\*/", " ", text, flags=re.DOTALL)
    text = re.sub(r"'(?:\\.|[^'\\\n])*'|\"(?:\\.|[^\"\\\n])*\"", "''", text)
    return re.sub(
        r"^(\s*//(?!.*(?:@ts-|biome-ignore)).*|.*\S\s//(?!.*(?:@ts-|biome-ignore)).*)$",
        lambda m: m[0].split("//")[0],
        text,
        flags=re.MULTILINE,
    )


def steps_out(text: str) -> list[str]:
    """Every place of one module where the type check is told to look away."""
    return [found.group() for found in STEPS_OUT.finditer(code_of(text))]


def test_few_places_step_out_of_the_type_check() -> None:
    """Twenty at most, so that a new one takes the place of an old one or is argued for."""
    found = {path.relative_to(SRC).as_posix(): steps_out(path.read_text("utf-8")) for path in sorted(SRC.rglob("*.ts"))}
    assert len(found) > 400
    places = {name: list_ for name, list_ in found.items() if list_}
    assert sum(len(list_) for list_ in places.values()) <= MOST, places


def test_every_suppression_says_why() -> None:
    """A rule that is switched off for a line has a reason after its name."""
    lacking = []
    for path in sorted(SRC.rglob("*.ts")):
        for line in path.read_text("utf-8").splitlines():
            found = SUPPRESSED.search(line)
            if found and len(found[1].strip()) < 8:
                lacking.append(f"{path.relative_to(SRC)}: {line.strip()}")
    assert lacking == []


def test_each_kind_is_counted() -> None:
    """The count sees what it is there to count, and not the word in a sentence."""
    assert steps_out("const a = b as any;") == ["any"]
    assert steps_out("let a: any[] = []; const c: Record<string, any> = {};") == ["any", "any"]
    assert steps_out("const a = b as unknown as C;") == ["as unknown as"]
    assert steps_out("const a = b!.c;") == ["!"]
    assert steps_out("// @ts-expect-error: why\nimport('x');") == ["@ts-expect-error"]
    assert steps_out("// biome-ignore lint/a/b: why") == ["biome-ignore"]
    assert steps_out("// not in any case\n/** any. */\nif (!a) t('any'); const many = a !== b;") == []
