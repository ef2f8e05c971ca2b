/** The page that checks a pack: a zip or a folder goes in, every finding comes out. Nothing leaves this computer. */
import { openFolder, openZip } from '../verify/pack_reader.js';
import { judge } from '../verify/verify.js';
import { anchors, begin, byId, say, size, tellProgress } from './page.js';
import { show } from './results.js';
import type { Finding } from '../verify/findings.js';

type Held = { path: string; file: File };

const drop = byId('drop');
const status = byId('status');
let turn = 0;

byId('zip').addEventListener('change', (event) => {
  const [file] = (event.target as HTMLInputElement).files ?? [];
  if (file) void check({ zip: file });
});
byId('folder').addEventListener('change', (event) => {
  const files = [...((event.target as HTMLInputElement).files ?? [])];
  if (files.length) void check({ folder: files.map((file) => ({ path: file.webkitRelativePath || file.name, file })) });
});
// Choosing the same file again must check it again.
for (const id of ['zip', 'folder'])
  byId(id).addEventListener('click', (event) => {
    (event.target as HTMLInputElement).value = '';
  });
for (const name of ['dragover', 'dragleave', 'drop']) {
  drop.addEventListener(name, (event) => {
    event.preventDefault();
    drop.classList.toggle('over', name === 'dragover');
  });
}
drop.addEventListener('drop', (event) => {
  const items = [...(event.dataTransfer?.items ?? [])].flatMap((item) => item.webkitGetAsEntry?.() ?? []);
  const [file] = event.dataTransfer?.files ?? [];
  const folder = items.find((entry) => entry.isDirectory);
  if (folder)
    void filesBelow(folder as FileSystemDirectoryEntry).then(
      (found) => check({ folder: found }),
      () => {
        status.textContent = say('unreadable');
      },
    );
  else if (file) void check({ zip: file });
});
// A file dropped next to the field must not replace the page.
for (const name of ['dragover', 'drop']) addEventListener(name, (event) => event.preventDefault());
begin('picking');

async function check({ zip, folder = [] }: { zip?: File; folder?: Held[] }) {
  const mine = ++turn;
  byId('result').hidden = true;
  const name = zip ? zip.name : (folder[0]?.path.split('/')[0] ?? '');
  status.textContent = say('reading', { name });
  const onProgress = (done: number, total: number) => {
    if (mine === turn) tellProgress(done, total);
  };
  try {
    const pack = zip ? await openZip(zip, onProgress) : await openFolder(folder, onProgress);
    if (mine !== turn) return;
    const judged = Array.isArray(pack)
      ? null
      : await judge(pack, anchors(), (step) => {
          if (mine === turn) status.textContent = say(`step_${step}`);
        });
    if (mine !== turn) return;
    status.textContent = say('done', { name, size: size(judged?.counts.bytes ?? zip?.size ?? 0) });
    show(judged?.findings ?? (pack as Finding[]), judged);
  } catch {
    // Unreadable: the file was removed meanwhile, or the disk fails.
    if (mine === turn) status.textContent = say('unreadable');
  }
  byId('bar').hidden = true;
}

/** Return every file below a dropped folder. */
async function filesBelow(folder: FileSystemDirectoryEntry): Promise<Held[]> {
  const reader = folder.createReader();
  const entries: FileSystemEntry[] = [];
  for (;;) {
    // A browser returns a hundred at a time, and none when there are no more.
    const some = await new Promise<FileSystemEntry[]>((done, failed) => {
      reader.readEntries(done, failed);
    });
    if (!some.length) break;
    entries.push(...some);
  }
  const found = await Promise.all(
    entries.map((entry) =>
      entry.isDirectory ? filesBelow(entry as FileSystemDirectoryEntry) : fileOf(entry as FileSystemFileEntry),
    ),
  );
  return found.flat().sort((a, b) => (a.path < b.path ? -1 : 1));
}

async function fileOf(entry: FileSystemFileEntry): Promise<Held[]> {
  const file = await new Promise<File>((done, failed) => {
    entry.file(done, failed);
  });
  return [{ path: entry.fullPath.replace(/^\//, ''), file }];
}
