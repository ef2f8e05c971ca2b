/** For tests/test_file_metadata.py: print what the phone reads from the files on the command line, as JSON lines. */
import { readFileSync } from 'node:fs';
import { readableBytes, readMetadata } from '#app/media/exif.js';
import { detectType } from '#app/media/file_type.js';

for (const path of process.argv.slice(2)) {
  const bytes = new Uint8Array(readFileSync(path));
  console.log(
    JSON.stringify({ type: detectType(bytes), about: await readMetadata(readableBytes(bytes), detectType(bytes)) }),
  );
}
