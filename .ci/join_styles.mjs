/**
 * Joins the style sheets of static/src/ into the two files that browsers ask for: static/css/app.css, which every page
 * of the app has, and static/css/desk.css, which only the advocate's page has.
 *
 *     node .ci/join_styles.mjs [folder]      writes static/css/, or the folder
 *
 * The order decides which rule wins: tokens, base and parts of the shell, then components, then features, each by name.
 * A feature's sheet may therefore change what a component looks like, and never the other way round. Rules are copied
 * as they are; above each sheet stands its path.
 */
import { mkdirSync, readFileSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const SOURCES = join(ROOT, 'static/src');
const OUT = process.argv[2] ?? join(ROOT, 'static/css');
const SHELL = ['shell/tokens.css', 'shell/base.css', 'shell/parts.css'];

const sheets = readdirSync(SOURCES, { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.css'))
  .map((name) => name.replaceAll('\\', '/'))
  .sort();
const below = (/** @type {string} */ folder) => sheets.filter((name) => name.startsWith(`${folder}/`));
const app = [...SHELL, ...below('components'), ...below('features')];
const desk = below('desk');
const lost = sheets.filter((name) => ![...app, ...desk].includes(name));
if (lost.length) throw new Error(`style sheets outside shell, components, features and desk: ${lost.join(', ')}`);

const joined = (/** @type {string[]} */ names) =>
  names.map((name) => `/* ${name} */\n${readFileSync(join(SOURCES, name), 'utf8')}`).join('\n');
const next = `${OUT}.next`;
rmSync(next, { recursive: true, force: true });
mkdirSync(next, { recursive: true });
writeFileSync(join(next, 'app.css'), joined(app));
writeFileSync(join(next, 'desk.css'), joined(desk));
rmSync(OUT, { recursive: true, force: true });
renameSync(next, OUT);
