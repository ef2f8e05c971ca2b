/** For tests/test_about_files.py: what the phone's readers say of the files named on the command line, as JSON lines. */
import { readFileSync } from 'node:fs';
import { peekBytes, readAbout } from '#app/media/exif.js';
import { magicOf } from '#app/media/file_type.js';

for (const path of process.argv.slice(2)) {
  const bytes = new Uint8Array(readFileSync(path));
  console.log(JSON.stringify({ type: magicOf(bytes), about: await readAbout(peekBytes(bytes), magicOf(bytes)) }));
}
