/**
 * Holds the tables of packs against their capsules as the phone does: `node check_tables.mjs CASES.json`, where CASES is a list of
 * {capsule, tables: {name: path}}. Prints for each which table differs, or null, and which columns are noticed when a cell is changed.
 */
import { readFileSync } from 'node:fs';
import { parseTable, findDifferingTable } from '#app/pack/chronology/tables.js';

const cell = (text) => (/[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
const written = (head, rows) =>
  new TextEncoder().encode(`\ufeff${[head, ...rows].map((row) => `${row.map(cell).join(',')}\r\n`).join('')}`);

const out = [];
for (const { capsule: path, tables } of JSON.parse(readFileSync(process.argv[2], 'utf8'))) {
  const capsule = JSON.parse(readFileSync(path, 'utf8'));
  const members = new Map(Object.entries(tables).map(([name, from]) => [name, new Uint8Array(readFileSync(from))]));
  const noticed = {};
  for (const [name, bytes] of process.argv[3] ? members : []) {
    const table = parseTable(bytes) ?? [];
    const head = Object.keys(table[0] ?? {});
    noticed[name] = head.filter((column) => {
      const rows = table.map((row, i) =>
        head.map((one) => (i === 0 && one === column ? `${row[one]} changed` : (row[one] ?? ''))),
      );
      return findDifferingTable(new Map([...members, [name, written(head, rows)]]), capsule) === name;
    });
  }
  out.push({ differs: findDifferingTable(members, capsule), noticed });
}
console.log(JSON.stringify(out));
