/**
 * Compare the tables of packs with their capsules as the phone does: `node check_tables.mjs CASES.json`, where CASES
 * is a list of {capsule, tables: {name: path}}. Prints for each case the table that differs, or null. With another
 * argument also prints the columns in which a changed cell is detected.
 */
import { readFileSync } from 'node:fs';
import { parseTable, findDifferingTable } from '#app/pack/chronology/tables.js';

const quoted = (text) => (/[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
const encodeTable = (columns, rows) =>
  new TextEncoder().encode(`\ufeff${[columns, ...rows].map((row) => `${row.map(quoted).join(',')}\r\n`).join('')}`);

const results = [];
for (const { capsule: path, tables } of JSON.parse(readFileSync(process.argv[2], 'utf8'))) {
  const capsule = JSON.parse(readFileSync(path, 'utf8'));
  const members = new Map(Object.entries(tables).map(([name, from]) => [name, new Uint8Array(readFileSync(from))]));
  const detected = {};
  for (const [name, bytes] of process.argv[3] ? members : []) {
    const table = parseTable(bytes) ?? [];
    const columns = Object.keys(table[0] ?? {});
    detected[name] = columns.filter((column) => {
      const rows = table.map((row, i) =>
        columns.map((name) => (i === 0 && name === column ? `${row[name]} changed` : (row[name] ?? ''))),
      );
      return findDifferingTable(new Map([...members, [name, encodeTable(columns, rows)]]), capsule) === name;
    });
  }
  results.push({ differs: findDifferingTable(members, capsule), noticed: detected });
}
console.log(JSON.stringify(results));
