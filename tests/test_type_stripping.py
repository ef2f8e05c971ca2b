"""Files for browsers (static/js/, static/sw.js) are static/src/ with types replaced by spaces, and nothing else."""

import hashlib
import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from diary.paths import STATIC
from diary.web.precache import make_release
from diary.web.static_files import read_desk_files, read_files

PROJECT_ROOT = STATIC.parent
TYPESCRIPT_SOURCES = STATIC / "src"
# Digest of SAMPLE without its types. It changes only when amaro's output does, and then every release changes too.
SAMPLE = """import type { A } from './a.js';
import { b } from './b.js';
/** Kept: a comment. */
export type C = { d: string };
export class E<T extends A> implements F {
  g: T | undefined = undefined;
  readonly h: string;
  constructor(h: string, times: number = 1) { this.h = h.repeat(times); }
  i<U>(j?: U, ...k: number[]): j is NonNullable<U> { return (j as unknown) === b(k!) satisfies boolean; }
}
export const l = async <M,>(n: M): Promise<M> => n;
"""
SAMPLE_DIGEST = "2eaa52854709f2c492ecd9378009448b216430d0ba0c5809682c7fef6d97d6dd"


def strip_types(sources: dict[str, str]) -> list[str]:
    """Return each source as the build strips it. Raises RuntimeError with the tool's message for invalid syntax."""
    node = shutil.which("node")
    assert node is not None
    code = (
        "import { strip } from './.ci/strip_types.mjs';"
        "let all = ''; for await (const piece of process.stdin) all += piece;"
        "console.log(JSON.stringify(Object.entries(JSON.parse(all)).map(([name, text]) => strip(name, text))));"
    )
    command = [node, "--input-type=module", "-e", code]
    result = subprocess.run(
        command, cwd=PROJECT_ROOT, input=json.dumps(sources), capture_output=True, text=True, check=False
    )
    if result.returncode:
        raise RuntimeError(result.stderr)
    return [str(output) for output in json.loads(result.stdout)]


def build_output() -> dict[str, str]:
    """Return the build's current output, by path below static/."""
    node = shutil.which("node")
    assert node is not None
    code = (
        "import { stripped } from './.ci/strip_types.mjs'; console.log(JSON.stringify(Object.fromEntries(stripped())));"
    )
    result = subprocess.run(
        [node, "--input-type=module", "-e", code], cwd=PROJECT_ROOT, capture_output=True, text=True, check=True
    )
    return dict(json.loads(result.stdout))


@pytest.fixture(scope="module")
def sources() -> dict[str, str]:
    """Return every source by its path below static/src/."""
    return {
        path.relative_to(TYPESCRIPT_SOURCES).as_posix(): path.read_text("utf-8")
        for path in sorted(TYPESCRIPT_SOURCES.rglob("*.ts"))
    }


@pytest.fixture(scope="module")
def built_modules() -> dict[str, str]:
    """Return every built module, by the path of its source."""
    modules = {path.relative_to(STATIC / "js"): path for path in (STATIC / "js").rglob("*.js")}
    found = {name.with_suffix(".ts").as_posix(): path.read_text("utf-8") for name, path in modules.items()}
    return {**found, "sw.ts": (STATIC / "sw.js").read_text("utf-8")}


def test_what_is_served_is_the_source_without_its_types(sources: dict[str, str], built_modules: dict[str, str]) -> None:
    """Every module, the word lists and the service worker are identical to the stripped source."""
    served = {
        "sw.js" if name == "sw.ts" else f"js/{name.removesuffix('.ts')}.js": code
        for name, code in built_modules.items()
    }
    assert served == build_output()
    assert len(served.keys() & {f"js/{name.removesuffix('.ts')}.js" for name in sources}) > 400


def test_every_line_and_column_stays(sources: dict[str, str], built_modules: dict[str, str]) -> None:
    """A position in a served module is the same position in its source."""
    moved_lines = []
    for name, code in built_modules.items():
        if name not in sources:
            assert (TYPESCRIPT_SOURCES / name).with_suffix(".json").is_file(), name
            continue
        lines = sources[name].split("\n")
        served = code.split("\n")
        if len(lines) != len(served):
            moved_lines.append(name)
            continue
        for line, served_line in zip(lines, served, strict=True):
            # A space replaces each unit; `;` guards a statement that would join the previous one.
            if len(line.encode("utf-16-le")) != len(served_line.encode("utf-16-le")):
                moved_lines.append(f"{name}: {line.strip()}")
    assert moved_lines == []


def test_only_modules_without_code_are_left_out(sources: dict[str, str], built_modules: dict[str, str]) -> None:
    """A source that is not built has only types and comments."""
    for name in sources.keys() - built_modules.keys():
        code = strip_types({name: sources[name]})[0]
        assert re.sub(r"/\*.*?\*/|//[^\n]*|export \{\s*\};?|\s", "", code, flags=re.DOTALL) == "", name


def test_the_tool_strips_a_fixed_sample_to_fixed_bytes() -> None:
    """The output of amaro is part of every release's digest, so a change of it must be noticed."""
    assert hashlib.sha256(strip_types({"sample.ts": SAMPLE})[0].encode()).hexdigest() == SAMPLE_DIGEST


@pytest.mark.parametrize(
    "source", ["enum A { B }", "namespace A { export const b = 1; }", "class A { constructor(private b: string) {} }"]
)
def test_syntax_that_cannot_be_stripped_is_refused_by_name(source: str) -> None:
    """An enum, a namespace and a parameter property are refused: they would need generated code."""
    with pytest.raises(RuntimeError, match=r"static/src/shell/a\.ts: .*not supported"):
        strip_types({"shell/a.ts": source})


def test_sources_reach_no_browser_and_no_release() -> None:
    """No path of static/src/ is served to a keeper or an advocate, or listed in a release."""
    release = make_release(STATIC, b"<p></p>")
    served = [*read_files(STATIC), *read_desk_files(STATIC), *release.files]
    assert [path for path in served if "src/" in path or path.endswith(".ts")] == []
    assert "static/app/main.js" in " ".join(served)


def test_types_are_imported_by_statements_alone(sources: dict[str, str]) -> None:
    """An inline `type` would leave `import {} from` behind, which fetches a module and hides an import."""
    faults = []
    for name, text in sources.items():
        faults += [
            f"{name}: {found}"
            for found in re.findall(r"^(?:import|export) \{[^}]*\btype \w[^}]*\}", text, re.MULTILINE)
        ]
        faults += [f"{name}: {found}" for found in re.findall(r"(?<!await )\bimport\(['\"][^)]*\)\.[A-Z]\w*", text)]
    assert faults == []
    assert list(TYPESCRIPT_SOURCES.rglob("*.d.ts")) == []


def test_the_worker_is_a_classic_script(sources: dict[str, str]) -> None:
    """It has no imports and exports, and the server's placeholders remain."""
    assert re.search(r"^\s*(?:import|export)\b", sources["sw.ts"], re.MULTILINE) is None
    worker = Path(STATIC / "sw.js").read_text("utf-8")
    assert all(mark in worker for mark in ("'@RELEASE@'", "'@KEY@'", "/*@FILES@*/", "/*@EARLY@*/", "/*@BOUND@*/"))


def test_addresses_written_in_modules_exist(built_modules: dict[str, str]) -> None:
    """Every literal path of a worker, or of a library beside a module, is a file."""
    for name, code in built_modules.items():
        for target in re.findall(r"new URL\('([^']+\.js)', import\.meta\.url\)", code):
            assert (STATIC / "js" / name).parent.joinpath(target).resolve().is_file(), f"{name}: {target}"
