/**
 * Everything of a pack's pages but the typesetting: diary/pack/browser/preparation.py, run by Pyodide. The server and
 * the command line run the same modules, so the bytes are the same.
 */

/** A PDF to typeset: docs/pack.md. Paths are under `data/`. */
export type PageDocument = {
  path: string;
  template: string;
  /** name in the folder of the document → content: the template, its data, an SVG for each picture */
  files: Map<string, Uint8Array>;
  /** name in that folder → the key of the JPEG that belongs there */
  pictures: Record<string, string>;
  /** file names */
  fonts: string[];
};
/** `made_at`: when the pack was made, ms; `text`: path under `data/` → content */
export type Prepared = { made_at: number; text: Map<string, Uint8Array>; documents: PageDocument[] };
/** Where a search for unprintable words stands: typeset this, keep the last one, or give up. */
export type Attempt = PageDocument | 'printed' | null;

type Preparation = {
  add_picture(key: string, jpeg: unknown): boolean;
  add_mail(item: string, mail: unknown): boolean;
  write_files(): string;
  next_attempt: { callKwargs(index: number, keywords: { printed: boolean | null }): string };
  unprinted_labels(): string;
};
type Python = {
  FS: {
    readFile(path: string): Uint8Array;
    readdir(path: string): string[];
    mkdir(path: string): void;
  };
  unpackArchive(bytes: Uint8Array, format: string, options: { extractDir: string }): void;
  toPy(value: unknown): { destroy(): void };
  runPython(code: string, options?: { globals: unknown }): unknown;
  globals: { set(name: string, value: unknown): void; get(name: string): unknown };
};
type PythonLoader = (options: {
  indexURL: string;
  env: Record<string, string>;
  stdout: (line: string) => void;
  stderr: (line: string) => void;
}) => Promise<Python>;
/** File name → content of the files that Pyodide asks for by itself, and of pages.zip */
export type EngineFiles = Record<
  'pyodide.asm.wasm' | 'pyodide-lock.json' | 'python_stdlib.zip' | 'pages.zip',
  ArrayBuffer
>;

const PROGRAM_FOLDER = '/kept';
const WORK_FOLDER = '/work';
const BEGIN = `
import sys
sys.path.insert(0, folder)
from diary.pack.browser.preparation import Preparation
preparation = Preparation(capsule.tobytes(), work_folder)
`;

export function preparer() {
  let python: Python | null = null;
  const preparation = () => {
    if (!python) throw new Error('not started');
    return { python, instance: python.globals.get('preparation') as Preparation };
  };
  const readDocument = (document: Omit<PageDocument, 'files'> & { folder: string }): PageDocument => {
    const { FS } = preparation().python;
    const { folder, ...rest } = document;
    const names = FS.readdir(folder).filter((name) => name !== '.' && name !== '..');
    return { ...rest, files: new Map(names.map((name) => [name, FS.readFile(`${folder}/${name}`)])) };
  };
  return {
    /**
     * Start Python, and read the capsule.
     * @param engineUrl of pyodide.mjs
     */
    async begin(engineUrl: string, files: EngineFiles, capsule: Uint8Array): Promise<void> {
      const { loadPyodide } = (await import(engineUrl)) as { loadPyodide: PythonLoader };
      python = await withoutConnection(files, () =>
        loadPyodide({
          indexURL: engineUrl.slice(0, engineUrl.lastIndexOf('/') + 1),
          stdout: () => undefined,
          stderr: () => undefined,
          env: { HOME: PROGRAM_FOLDER, PYTHONHASHSEED: '0' },
        }),
      );
      python.unpackArchive(new Uint8Array(files['pages.zip']), 'zip', { extractDir: PROGRAM_FOLDER });
      python.FS.mkdir(WORK_FOLDER);
      python.globals.set('folder', PROGRAM_FOLDER);
      python.globals.set('work_folder', WORK_FOLDER);
      python.globals.set('capsule', python.toPy(capsule));
      python.runPython(BEGIN);
    },
    /** Note the size of a picture; return false where it is not a plain JPEG. */
    addPicture(key: string, jpeg: Uint8Array): boolean {
      const { python, instance } = preparation();
      return withView(python, jpeg, (view) => instance.add_picture(key, view));
    },
    /** Read an e-mail; return false where it has no words to print. */
    addMail(item: string, mail: Uint8Array): boolean {
      const { python, instance } = preparation();
      return withView(python, mail, (view) => instance.add_mail(item, view));
    },
    writeFiles(): Prepared {
      const { python, instance } = preparation();
      const { made_at, text, documents } = JSON.parse(instance.write_files());
      return {
        made_at,
        text: new Map(Object.entries(text).map(([path, file]) => [path, python.FS.readFile(String(file))])),
        documents: documents.map(readDocument),
      };
    },
    nextAttempt(index: number, printed: boolean | null): Attempt {
      const attempt = JSON.parse(preparation().instance.next_attempt.callKwargs(index, { printed }));
      return attempt === null || attempt === 'printed' ? attempt : readDocument(attempt);
    },
    unprintedLabels: (): string[] => JSON.parse(preparation().instance.unprinted_labels()),
  };
}

/** Call `use` with bytes as Python sees them, and free them: JavaScript does not feel how full Python's memory is. */
function withView<T>(python: Python, bytes: Uint8Array, use: (view: unknown) => T): T {
  const view = python.toPy(bytes);
  try {
    return use(view);
  } finally {
    view.destroy();
  }
}

/** Run `load` with a `fetch` that knows these files only. */
async function withoutConnection<T>(files: Partial<Record<string, ArrayBuffer>>, load: () => Promise<T>): Promise<T> {
  const worker = globalThis as { fetch?: unknown };
  const original = worker.fetch;
  worker.fetch = async (address: RequestInfo | URL) => {
    const name = String(address instanceof Request ? address.url : address).replace(/^.*\//, '');
    const bytes = files[name];
    if (!bytes) throw new TypeError('not there');
    const type = name.endsWith('.wasm') ? 'application/wasm' : 'application/octet-stream';
    return new Response(bytes, { headers: { 'content-type': type } });
  };
  try {
    return await load();
  } finally {
    worker.fetch = original;
  }
}
