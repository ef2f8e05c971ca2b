/**
 * Compile the Python modules of ZIP archives with the Python that browsers run (Pyodide): an import then reads a module
 * instead of compiling it, which takes an old phone most of the time until the first page is prepared.
 *
 *     node .ci/compile_python.mjs IN OUT FOLDER METHOD [IN OUT FOLDER METHOD ...]
 *
 * FOLDER is where the browser will have the modules: errors name it. METHOD is how members are stored: `deflated` or
 * `stored`. Each `x.py` becomes `x.pyc`, and other members stay as they are. Equal inputs give equal bytes: dates are
 * fixed, a module names the digest of its source and not its time, and sets have the order of hash seed 0.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { loadPyodide } from 'pyodide';

const COMPILE = `
import importlib.util
import zipfile
from importlib._bootstrap_external import _code_to_hash_pyc

METHODS = {'deflated': zipfile.ZIP_DEFLATED, 'stored': zipfile.ZIP_STORED}
with zipfile.ZipFile('/in.zip') as source, zipfile.ZipFile('/out.zip', 'w', METHODS[method], compresslevel=9) as target:
    for name in sorted(source.namelist()):
        content = source.read(name)
        if name.endswith('.py'):
            code = compile(content, f'{folder}/{name}', 'exec', dont_inherit=True)
            # Unchecked: there is no source beside it to compare it with.
            content = bytes(_code_to_hash_pyc(code, importlib.util.source_hash(content), checked=False))
            name += 'c'
        target.writestr(zipfile.ZipInfo(name), content, METHODS[method])
`;

const python = await loadPyodide({
  indexURL: fileURLToPath(new URL('.', import.meta.resolve('pyodide'))),
  env: { HOME: '/', PYTHONHASHSEED: '0' },
});
const [, , ...args] = process.argv;
for (let i = 0; i < args.length; i += 4) {
  const [input, output, folder, method] = args.slice(i, i + 4);
  python.FS.writeFile('/in.zip', readFileSync(input));
  python.globals.set('folder', folder);
  python.globals.set('method', method);
  python.runPython(COMPILE);
  writeFileSync(output, python.FS.readFile('/out.zip'));
}
