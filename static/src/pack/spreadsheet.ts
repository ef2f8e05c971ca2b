/**
 * A workbook (Office Open XML) of text: the same rows give the same bytes; the twin of
 * diary/pack/tables/spreadsheet.py, which says why its cells are as they are.
 */
import { utf8 } from '../core/bytes.js';
import { CELL_LIMIT_CHARACTERS } from '../core/constants.js';
import { cutText } from '../core/text.js';
import { ZipWriter } from './zip.js';

/**
 * One sheet. `rows`: the head first. `widths`: one a column, in characters. A sheet that `isPrinted` fits one page
 * across, wraps its text and has lines around its cells; `footer` is in Excel's own codes.
 */
export type Sheet = {
  /** letters and spaces */
  name: string;
  rows: readonly (readonly string[])[];
  widths: readonly number[];
  isPrinted?: boolean;
  footer?: string;
};

const CUT_NOTE = ' [goes on in 02_chronology.csv]';
/** What XML 1.0 cannot hold, not even escaped; text read from UTF-8 has no lone surrogates. */
const NOT_XML = /[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]/g;
/** Excel reads _x0041_ inside a text as the character with that number. */
const ESCAPE_LOOKALIKE = /_(?=x[0-9A-Fa-f]{4}_)/g;
/** An XML reader turns a bare carriage return into a line feed. */
const XML_ESCAPES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '\r': '&#13;' };
const DECLARATION = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n';
const MAIN = 'http://schemas.openxmlformats.org/spreadsheetml/2006/main';
const RELATIONSHIPS = 'http://schemas.openxmlformats.org/officeDocument/2006/relationships';
const PACKAGE = 'http://schemas.openxmlformats.org/package/2006';
const TYPES = 'application/vnd.openxmlformats-officedocument.spreadsheetml';
/** Formats of cells, by their number in STYLES. */
const HEAD_FORMAT = 1;
const TEXT_FORMAT = 2;
const PLAIN_FORMAT = 3;

const BORDER = ['left', 'right', 'top', 'bottom']
  .map((side) => `<${side} style="thin"><color rgb="FF808080"/></${side}>`)
  .join('');
const ALIGNED_TOP = 'applyAlignment="1"><alignment vertical="top"';
const STYLES = [
  `<styleSheet xmlns="${MAIN}">`,
  '<fonts count="2"><font><sz val="9"/><name val="Arial"/></font>',
  '<font><b/><sz val="9"/><name val="Arial"/></font></fonts>',
  '<fills count="3"><fill><patternFill patternType="none"/></fill><fill><patternFill patternType="gray125"/></fill>',
  '<fill><patternFill patternType="solid"><fgColor rgb="FFD9D9D9"/><bgColor indexed="64"/></patternFill></fill>',
  '</fills>',
  '<borders count="2"><border><left/><right/><top/><bottom/><diagonal/></border>',
  `<border>${BORDER}<diagonal/></border></borders>`,
  '<cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs>',
  '<cellXfs count="4"><xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0"/>',
  '<xf numFmtId="0" fontId="1" fillId="2" borderId="1" xfId="0" applyFont="1" applyFill="1" applyBorder="1" ',
  `${ALIGNED_TOP} wrapText="1"/></xf>`,
  `<xf numFmtId="0" fontId="0" fillId="0" borderId="1" xfId="0" applyBorder="1" ${ALIGNED_TOP} wrapText="1"/></xf>`,
  `<xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0" ${ALIGNED_TOP}/></xf></cellXfs>`,
  '<cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles></styleSheet>',
].join('');

/**
 * Return the workbook, a stored zip.
 * @param title its only property
 */
export async function encodeWorkbook(title: string, sheets: readonly Sheet[]): Promise<Uint8Array> {
  const zip = new ZipWriter();
  const members = new Map(membersOf(title, sheets));
  // In order of path the list of types is first, where programs look for it.
  for (const path of [...members.keys()].sort()) await zip.add(path, [utf8(DECLARATION + members.get(path))]);
  return new Uint8Array(await ((await zip.finish()) as Blob).arrayBuffer());
}

/** Return the text as a cell shows it: `[U+XXXX]` for what XML cannot hold, cut at what Excel can hold. */
export function cellText(text: string): string {
  const shown = text.replace(
    NOT_XML,
    (character) => `[U+${character.charCodeAt(0).toString(16).toUpperCase().padStart(4, '0')}]`,
  );
  if (shown.length <= CELL_LIMIT_CHARACTERS) return shown;
  return cutText(shown, CELL_LIMIT_CHARACTERS - CUT_NOTE.length) + CUT_NOTE;
}

/** Return the path and the XML of each part. */
function membersOf(title: string, sheets: readonly Sheet[]): [string, string][] {
  const each = (xml: (n: number) => string) => sheets.map((_, i) => xml(i + 1)).join('');
  return [
    [
      '[Content_Types].xml',
      `<Types xmlns="${PACKAGE}/content-types">` +
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>' +
        '<Override PartName="/docProps/core.xml"' +
        ' ContentType="application/vnd.openxmlformats-package.core-properties+xml"/>' +
        `<Override PartName="/xl/styles.xml" ContentType="${TYPES}.styles+xml"/>` +
        `<Override PartName="/xl/workbook.xml" ContentType="${TYPES}.sheet.main+xml"/>` +
        each((n) => `<Override PartName="/xl/worksheets/sheet${n}.xml" ContentType="${TYPES}.worksheet+xml"/>`) +
        '</Types>',
    ],
    [
      '_rels/.rels',
      `<Relationships xmlns="${PACKAGE}/relationships">` +
        `<Relationship Id="rId1" Type="${RELATIONSHIPS}/officeDocument" Target="xl/workbook.xml"/>` +
        `<Relationship Id="rId2" Type="${PACKAGE}/relationships/metadata/core-properties"` +
        ' Target="docProps/core.xml"/></Relationships>',
    ],
    [
      'docProps/core.xml',
      `<cp:coreProperties xmlns:cp="${PACKAGE}/metadata/core-properties"` +
        ` xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:title>${title}</dc:title></cp:coreProperties>`,
    ],
    [
      'xl/_rels/workbook.xml.rels',
      `<Relationships xmlns="${PACKAGE}/relationships">` +
        each(
          (n) => `<Relationship Id="rId${n}" Type="${RELATIONSHIPS}/worksheet" Target="worksheets/sheet${n}.xml"/>`,
        ) +
        `<Relationship Id="rId${sheets.length + 1}" Type="${RELATIONSHIPS}/styles" Target="styles.xml"/>` +
        '</Relationships>',
    ],
    ['xl/styles.xml', STYLES],
    ['xl/workbook.xml', workbookXml(sheets)],
    ...sheets.map((sheet, i): [string, string] => [`xl/worksheets/sheet${i + 1}.xml`, sheetXml(sheet)]),
  ];
}

/** Return the list of sheets, and the two names that Excel needs for a filter and a repeated head row. */
function workbookXml(sheets: readonly Sheet[]) {
  const listed = sheets.map(({ name }, i) => `<sheet name="${name}" sheetId="${i + 1}" r:id="rId${i + 1}"/>`);
  const filters = sheets.map(
    ({ name, rows, widths }, i) =>
      `<definedName name="_xlnm._FilterDatabase" localSheetId="${i}" hidden="1">` +
      `'${name}'!$A$1:$${columnName(widths.length)}$${rows.length}</definedName>`,
  );
  const titles = sheets.map(
    ({ name }, i) => `<definedName name="_xlnm.Print_Titles" localSheetId="${i}">'${name}'!$1:$1</definedName>`,
  );
  return (
    `<workbook xmlns="${MAIN}" xmlns:r="${RELATIONSHIPS}"><bookViews><workbookView/></bookViews>` +
    `<sheets>${listed.join('')}</sheets>` +
    `<definedNames>${[...filters, ...titles].join('')}</definedNames></workbook>`
  );
}

function sheetXml({ rows, widths, isPrinted = false, footer = '' }: Sheet) {
  const area = `A1:${columnName(widths.length)}${rows.length}`;
  const columns = widths.map((width, i) => `<col min="${i + 1}" max="${i + 1}" width="${width}" customWidth="1"/>`);
  const fit = isPrinted ? '<sheetPr><pageSetUpPr fitToPage="1"/></sheetPr>' : '';
  const scale = isPrinted ? ' fitToWidth="1" fitToHeight="0"' : '';
  return [
    `<worksheet xmlns="${MAIN}">${fit}<dimension ref="${area}"/><sheetViews><sheetView workbookViewId="0">`,
    '<pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/></sheetView></sheetViews>',
    `<sheetFormatPr defaultRowHeight="12"/><cols>${columns.join('')}</cols><sheetData>`,
    ...rowsXml(rows, widths.length, isPrinted),
    `</sheetData><autoFilter ref="${area}"/>`,
    '<pageMargins left="0.4" right="0.4" top="0.4" bottom="0.6" header="0.3" footer="0.3"/>',
    `<pageSetup paperSize="9" orientation="landscape"${scale}/>`,
    footer ? `<headerFooter><oddFooter>${escapeXml(footer)}</oddFooter></headerFooter>` : '',
    `<ignoredErrors><ignoredError sqref="${area}" numberStoredAsText="1"/></ignoredErrors></worksheet>`,
  ].join('');
}

/** Return each row. An empty cell is written only where it has lines around it. */
function rowsXml(rows: Sheet['rows'], columnCount: number, isPrinted: boolean) {
  const names = Array.from({ length: columnCount }, (_, i) => columnName(i + 1));
  return rows.map((row, i) => {
    const style = i === 0 ? HEAD_FORMAT : isPrinted ? TEXT_FORMAT : PLAIN_FORMAT;
    const cells = names.map((name, column) => {
      const text = row[column];
      if (!text) return isPrinted ? `<c r="${name}${i + 1}" s="${style}"/>` : '';
      const content = `<is><t xml:space="preserve">${cellXml(text)}</t></is>`;
      return `<c r="${name}${i + 1}" s="${style}" t="inlineStr">${content}</c>`;
    });
    return `<row r="${i + 1}">${cells.join('')}</row>`;
  });
}

/** Return the letters of a column: A for 1, AA for 27. */
export function columnName(number: number): string {
  let letters = '';
  for (let rest = number; rest; rest = Math.floor((rest - 1) / 26))
    letters = String.fromCharCode(65 + ((rest - 1) % 26)) + letters;
  return letters;
}

/** Return the text of a cell as XML. */
const cellXml = (text: string) => escapeXml(cellText(text).replace(ESCAPE_LOOKALIKE, '_x005F_'));

const escapeXml = (text: string) => text.replace(/[&<>\r]/g, (character) => XML_ESCAPES[character] ?? character);
