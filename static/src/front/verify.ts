/** The page that checks a pack: a zip or a folder goes in, every finding comes out. Nothing leaves this computer. */
import { openGiven } from '../verify/portal_reader.js';
import { checkPack } from '../verify/verify.js';
import { readAnchors, showScripted, byId, message, formatSize, showProgress } from './page.js';
import { showResults } from './results.js';
import type { Finding } from '../verify/findings.js';

type FolderFile = { path: string; file: File };

const dropZone = byId('drop');
const status = byId('status');
let currentRun = 0;

byId('zip').addEventListener('change', (event) => {
  const files = [...((event.target as HTMLInputElement).files ?? [])];
  if (files.length) void checkFiles(files.map(namedFile));
});
byId('folder').addEventListener('change', (event) => {
  const files = [...((event.target as HTMLInputElement).files ?? [])];
  if (files.length) void checkFiles(files.map((file) => ({ path: file.webkitRelativePath || file.name, file })));
});
// Choosing the same file again must check it again.
for (const id of ['zip', 'folder'])
  byId(id).addEventListener('click', (event) => {
    (event.target as HTMLInputElement).value = '';
  });
for (const name of ['dragover', 'dragleave', 'drop']) {
  dropZone.addEventListener(name, (event) => {
    event.preventDefault();
    dropZone.classList.toggle('over', name === 'dragover');
  });
}
dropZone.addEventListener('drop', (event) => {
  const items = [...(event.dataTransfer?.items ?? [])].flatMap((item) => item.webkitGetAsEntry?.() ?? []);
  const files = [...(event.dataTransfer?.files ?? [])];
  const folder = items.find((entry) => entry.isDirectory);
  if (folder)
    void filesBelow(folder as FileSystemDirectoryEntry).then(
      (folderFiles) => checkFiles(folderFiles),
      () => {
        status.textContent = message('unreadable');
      },
    );
  else if (files.length) void checkFiles(files.map(namedFile));
});
// A file dropped next to the field must not replace the page.
for (const name of ['dragover', 'drop']) addEventListener(name, (event) => event.preventDefault());
showScripted('picking');

/** Check a zip, the files of a folder, or the files of a portal set. */
async function checkFiles(files: readonly FolderFile[]) {
  const run = ++currentRun;
  byId('result').hidden = true;
  const [name = ''] = files[0]?.path.split('/') ?? [];
  status.textContent = message('reading', { name });
  const onProgress = (done: number, total: number) => {
    if (run === currentRun) showProgress(done, total);
  };
  try {
    const pack = await openGiven(files, onProgress);
    if (run !== currentRun) return;
    const report = Array.isArray(pack)
      ? null
      : await checkPack(pack, readAnchors(), (step) => {
          if (run === currentRun) status.textContent = message(`step_${step}`);
        });
    if (run !== currentRun) return;
    status.textContent = message('done', { name, size: formatSize(report?.counts.bytes ?? files[0]?.file.size ?? 0) });
    showResults(report?.findings ?? (pack as Finding[]), report, name);
  } catch {
    // Unreadable: the file was removed meanwhile, or the disk fails.
    if (run === currentRun) status.textContent = message('unreadable');
  }
  byId('bar').hidden = true;
}

const namedFile = (file: File): FolderFile => ({ path: file.name, file });

/** Return every file below a dropped folder. */
async function filesBelow(folder: FileSystemDirectoryEntry): Promise<FolderFile[]> {
  const reader = folder.createReader();
  const entries: FileSystemEntry[] = [];
  for (;;) {
    // A browser returns a hundred at a time, and none when there are no more.
    const batch = await new Promise<FileSystemEntry[]>((resolve, reject) => {
      reader.readEntries(resolve, reject);
    });
    if (!batch.length) break;
    entries.push(...batch);
  }
  const nested = await Promise.all(
    entries.map((entry) =>
      entry.isDirectory ? filesBelow(entry as FileSystemDirectoryEntry) : fileOf(entry as FileSystemFileEntry),
    ),
  );
  return nested.flat().sort((a, b) => (a.path < b.path ? -1 : 1));
}

async function fileOf(entry: FileSystemFileEntry): Promise<FolderFile[]> {
  const file = await new Promise<File>((resolve, reject) => {
    entry.file(resolve, reject);
  });
  return [{ path: entry.fullPath.replace(/^\//, ''), file }];
}
