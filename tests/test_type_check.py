"""Coverage of the type check, and the number of escapes from it. Each escape states its reason."""

import json
import re
import shutil
import subprocess
from pathlib import Path

from diary.paths import STATIC

# `any`, double casts, suppressions and non-null assertions in all of static/src/ and the tests.
TYPE_ESCAPES_LIMIT = 20
TYPESCRIPT_SOURCES = STATIC / "src"
PROJECT_ROOT = STATIC.parent
BROWSER_TEST_FAKES = PROJECT_ROOT / "tests" / "browser"
TYPE_ESCAPE = re.compile(
    r"(?<![\w'.\"-])any(?=[\[\]>,;)|&\s}])"
    r"|\bas unknown as\b|@ts-[\w-]+|\bbiome-ignore\b"
    r"|(?<=[\w\])])!(?=[.;,)\]])|:\s*Function\b"
)
SUPPRESSION_COMMENT = re.compile(r"(?:@ts-(?:expect-error|ignore)|biome-ignore [\w/]+):? *(.*)")


def without_comments_and_strings(text: str) -> str:
    """Return the text without block comments, strings and templates.

    Line comments stay, since they may be suppressions.
    """
    text = re.sub(r"/\*.*?\*/", " ", text, flags=re.DOTALL)
    text = re.sub(r"'(?:\\.|[^'\\\n])*'|\"(?:\\.|[^\"\\\n])*\"", "''", text)
    return re.sub(
        r"^(\s*//(?!.*(?:@ts-|biome-ignore)).*|.*\S\s//(?!.*(?:@ts-|biome-ignore)).*)$",
        lambda m: m[0].split("//")[0],
        text,
        flags=re.MULTILINE,
    )


def type_escapes(text: str) -> list[str]:
    """Return every escape from the type check in one module."""
    return [match.group() for match in TYPE_ESCAPE.finditer(without_comments_and_strings(text))]


def type_escapes_in_comments(text: str) -> list[str]:
    """Return the same for JavaScript with types in comments: `any` in braces, casts through `object`, suppressions."""
    escapes = []
    for comment in re.findall(r"/\*\*.*?\*/", text, re.DOTALL):
        depth = 0
        for token in re.findall(r"[{}]|(?<![\w'.-])any(?![\w'-])", comment):
            depth += {"{": 1, "}": -1}.get(token, 0)
            if token == "any" and depth > 0:
                escapes.append(token)
    cast_comments = re.findall(r"/\*\* @type \{(?:unknown|object)\} \*/ \(", text)
    return escapes + cast_comments + re.findall(r"//.*?(@ts-[\w-]+|\bbiome-ignore\b)", text)


def test_type_escapes_stay_below_the_limit() -> None:
    """At most twenty, tests included, so that a new one replaces an old one or is argued for."""
    tests = PROJECT_ROOT / "tests"
    sources = [*sorted(TYPESCRIPT_SOURCES.rglob("*.ts")), *sorted(tests.rglob("*.ts"))]
    escapes_by_file = {
        path.relative_to(PROJECT_ROOT).as_posix(): type_escapes(path.read_text("utf-8")) for path in sources
    }
    scripts = [path for kind in ("*.mjs", "*.js") for path in sorted(tests.rglob(kind))]
    escapes_by_file |= {
        path.relative_to(PROJECT_ROOT).as_posix(): type_escapes_in_comments(path.read_text("utf-8")) for path in scripts
    }
    assert len(escapes_by_file) > 600
    places = {name: list_ for name, list_ in escapes_by_file.items() if list_}
    assert sum(len(list_) for list_ in places.values()) <= TYPE_ESCAPES_LIMIT, places


def test_every_suppression_states_its_reason() -> None:
    """A rule that is disabled for a line has a reason after its name."""
    lacking = []
    for path in sorted(TYPESCRIPT_SOURCES.rglob("*.ts")):
        for line in path.read_text("utf-8").splitlines():
            match = SUPPRESSION_COMMENT.search(line)
            if match and len(match[1].strip()) < 8:
                lacking.append(f"{path.relative_to(TYPESCRIPT_SOURCES)}: {line.strip()}")
    assert lacking == []


def test_each_kind_is_counted() -> None:
    """Each kind of escape is counted, but not the word in a sentence."""
    assert type_escapes("const a = b as any;") == ["any"]
    assert type_escapes("let a: any[] = []; const c: Record<string, any> = {};") == ["any", "any"]
    assert type_escapes("const a = b as unknown as C;") == ["as unknown as"]
    assert type_escapes("const a = b!.c;") == ["!"]
    assert type_escapes("// @ts-expect-error: why\nimport('x');") == ["@ts-expect-error"]
    assert type_escapes("// biome-ignore lint/a/b: why") == ["biome-ignore"]
    assert type_escapes_in_comments("/** @param {any[]} a @param {Map<string, any>} b */") == ["any", "any"]
    assert type_escapes_in_comments("const a = /** @type {B} */ (/** @type {object} */ (c));") == [
        "/** @type {object} */ ("
    ]
    assert type_escapes_in_comments("// @ts-ignore: why\nimport('x');") == ["@ts-ignore"]
    assert type_escapes_in_comments("/** In any case. @param {{any_of: string}} a */ const any = 1;") == []
    assert type_escapes("// not in any case\n/** any. */\nif (!a) t('any'); const many = a !== b;") == []


def type_errors(project: Path) -> list[str]:
    """Return tsc's report for a tsconfig.json, or the one in a folder, as lines."""
    node = shutil.which("node")
    assert node is not None
    command = [
        node,
        str(PROJECT_ROOT / "node_modules" / "typescript" / "bin" / "tsc"),
        "--pretty",
        "false",
        "-p",
        str(project),
    ]
    result = subprocess.run(command, cwd=PROJECT_ROOT, capture_output=True, text=True, check=False)
    errors = [line for line in result.stdout.splitlines() if ": error TS" in line]
    assert bool(errors) == bool(result.returncode), result.stdout + result.stderr
    return errors


def test_the_fakes_have_the_types_of_the_app() -> None:
    """The fake app and the fake desk pass the type check with the flags of static/src/."""
    assert type_errors(BROWSER_TEST_FAKES) == []


MODULE_CHECK_PROJECT = PROJECT_ROOT / "tests" / "tsconfig.check.json"


def test_the_modules_of_the_tests_fit_the_app(tmp_path: Path) -> None:
    """The tests' modules call what the app has, with valid arguments; a planted wrong call is found."""
    shutil.rmtree(
        PROJECT_ROOT / "var" / "types", ignore_errors=True
    )  # otherwise the declaration of a deleted module would stay
    assert type_errors(PROJECT_ROOT / "tests" / "tsconfig.types.json") == []
    assert type_errors(MODULE_CHECK_PROJECT) == []
    phone = PROJECT_ROOT / "tests" / "js" / "phone" / "phone.mjs"
    planted = f"import {{ makePhone }} from '{phone}';\nconst {{ app }} = makePhone({{ zone: () => 'UTC' }});\n"
    for name, text in {
        "sound": planted + "void app.unlock('words');\n",
        "gone": planted + "void app.openDiary('words');\n",
        "option": planted.replace("zone:", "timeZone:") + "void app;\n",
        "argument": planted + "void app.unlock({ words: 'words' });\n",
    }.items():
        (tmp_path / f"{name}.mjs").write_text(text, "utf-8")
    project = {
        "extends": str(MODULE_CHECK_PROJECT),
        "compilerOptions": {"typeRoots": [str(PROJECT_ROOT / "node_modules" / "@types")]},
        "include": ["*.mjs", str(PROJECT_ROOT / "var" / "types" / "src" / "word_keys.d.ts")],
    }
    (tmp_path / "tsconfig.json").write_text(json.dumps(project), "utf-8")
    reported = type_errors(tmp_path)
    files = sorted({line.split("(")[0].rsplit("/")[-1] for line in reported})
    assert files == ["argument.mjs", "gone.mjs", "option.mjs"], reported


# Changes of the app that its double does not follow: file, its text, the outdated text of the double.
DRIFT_EXAMPLES = {
    "a state member of another name": (
        "fake_app.ts",
        "  unsigned: false,\n  ordinary",
        "  isUnsigned: false,\n  ordinary",
    ),
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


def test_a_fake_that_drifts_from_the_app_is_found(tmp_path: Path) -> None:
    """Each planted difference is a type error in its file; copies without one have none."""
    unchanged = tmp_path / "unchanged"
    unchanged.mkdir()
    for path in BROWSER_TEST_FAKES.glob("*.ts"):
        shutil.copy(path, unchanged)
    for number, (name, text, drifted) in enumerate(DRIFT_EXAMPLES.values()):
        folder = tmp_path / str(number)
        folder.mkdir()
        double = (BROWSER_TEST_FAKES / name).read_text("utf-8")
        assert double.count(text) == 1, (name, text)
        (folder / name).write_text(double.replace(text, drifted), "utf-8")
        shutil.copy(BROWSER_TEST_FAKES / "fake_parts.ts", folder)
    project = {
        "extends": str(BROWSER_TEST_FAKES / "tsconfig.json"),
        "include": ["*/*.ts", str(TYPESCRIPT_SOURCES / "word_keys.ts")],
    }
    (tmp_path / "tsconfig.json").write_text(json.dumps(project), "utf-8")
    reported = type_errors(tmp_path)
    unnoticed = [
        what for number, what in enumerate(DRIFT_EXAMPLES) if not any(f"/{number}/fake_" in line for line in reported)
    ]
    assert unnoticed == [], reported
    assert [line for line in reported if "/unchanged/" in line] == []
