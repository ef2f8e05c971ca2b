"""What the type check covers, and how often code steps out of it. Each such place has its reason beside it."""

import json
import re
import shutil
import subprocess
from pathlib import Path

from diary.paths import STATIC

# `any`, double casts, suppressions and non-null assertions in all of static/src/.
MOST = 20
SRC = STATIC / "src"
ROOT = STATIC.parent
DOUBLES = ROOT / "tests" / "browser"
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


def type_errors(project: Path) -> list[str]:
    """Return what tsc reports for a tsconfig.json, or the one in a folder: a line each."""
    node = shutil.which("node")
    assert node is not None
    command = [node, str(ROOT / "node_modules" / "typescript" / "bin" / "tsc"), "--pretty", "false", "-p", str(project)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    found = [line for line in done.stdout.splitlines() if ": error TS" in line]
    assert bool(found) == bool(done.returncode), done.stdout + done.stderr
    return found


def test_the_doubles_have_the_types_of_the_app() -> None:
    """The fake app and the fake desk pass the type check with the flags of static/src/."""
    assert type_errors(DOUBLES) == []


# What drifts when the app changes and its double does not: file, its text, the text of the double that fell behind.
DRIFT = {
    "a state member of another name": ("fake_app.ts", "  offline: false,\n  busy", "  isOffline: false,\n  busy"),
    "a state member that is set": ("fake_app.ts", "fake.set({ draft: null })", "fake.set({ drafts: null })"),
    "a value of another type": ("fake_app.ts", "recovery: 'done'", "recovery: 'finished'"),
    "a missing action": ("fake_app.ts", "  readMentions: async () => [],\n", ""),
    "an action that is gone": ("fake_app.ts", "  readMentions:", "  readAllMentions: async () => [],\n  readMentions:"),
    "an answer of another shape": ("fake_app.ts", "heard: !fake.no_signal", "isHeard: !fake.no_signal"),
    "a desk's state member": ("fake_desk.ts", "  lockReason: null,\n", "  told: null,\n"),
    "a desk's state member that is set": ("fake_desk.ts", "lockReason: 'left'", "told: 'left'"),
    "a desk's missing action": ("fake_desk.ts", "  seen: () => undefined,\n", ""),
    "a desk's answer": ("fake_desk.ts", "isPurposeUnsafe: false", "purpose: false"),
}


def test_a_double_that_drifts_is_found(tmp_path: Path) -> None:
    """Each planted drift is a type error in the file it was planted in; copies without one have none."""
    unchanged = tmp_path / "unchanged"
    unchanged.mkdir()
    for path in DOUBLES.glob("*.ts"):
        shutil.copy(path, unchanged)
    for number, (name, text, drifted) in enumerate(DRIFT.values()):
        folder = tmp_path / str(number)
        folder.mkdir()
        double = (DOUBLES / name).read_text("utf-8")
        assert double.count(text) == 1, (name, text)
        (folder / name).write_text(double.replace(text, drifted), "utf-8")
        shutil.copy(DOUBLES / "fake_parts.ts", folder)
    project = {
        "extends": str(DOUBLES / "tsconfig.json"),
        "include": ["*/*.ts", str(SRC / "word_keys.ts")],
    }
    (tmp_path / "tsconfig.json").write_text(json.dumps(project), "utf-8")
    found = type_errors(tmp_path)
    unnoticed = [what for number, what in enumerate(DRIFT) if not any(f"/{number}/fake_" in line for line in found)]
    assert unnoticed == [], found
    assert [line for line in found if "/unchanged/" in line] == []
