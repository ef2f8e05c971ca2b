/** Save bytes as a file, where the browser keeps its downloads. */
const LIFETIME_MS = 60_000;
const PAUSE_MS = 400;

/** Offer a file to save. A name in a list of downloads must reveal nothing. */
export function saveFile(file: Blob, name: string) {
  const url = URL.createObjectURL(file);
  Object.assign(document.createElement('a'), { href: url, download: name }).click();
  // The browser reads the URL after this task; a minute is ample, then the bytes are freed.
  setTimeout(() => URL.revokeObjectURL(url), LIFETIME_MS);
}

/** Save files one after the other: a browser drops downloads that begin at once. */
export function saveFiles(files: readonly { name: string; file: Blob }[]) {
  files.forEach(({ name, file }, index) => setTimeout(() => saveFile(file, name), index * PAUSE_MS));
}
