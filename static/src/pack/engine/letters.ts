/**
 * Drawing of the first pages of a received letter (PDF) by PDFium. The server draws letters with the same library
 * (diary/pack/documents/opened_files.py). The answers in a form are drawn too.
 */
import {
  PRINTED_LETTER_HEIGHT_PIXELS,
  PRINTED_LETTER_LIMIT_BYTES,
  PRINTED_LETTER_PAGES,
  PRINTED_LETTER_WIDTH_PIXELS,
} from '../../core/constants.js';
import { withoutMetadata } from '../../media/plain_jpeg.js';

type Pdfium = {
  pdfium: {
    readonly HEAPU8: Uint8Array<ArrayBuffer>;
    wasmExports: { malloc(size: number): number };
    getValue(address: number, type: 'float'): number;
  };
  PDFiumExt_Init(): void;
  PDFiumExt_OpenFormFillInfo(): number;
  PDFiumExt_InitFormFillEnvironment(document: number, info: number): number;
  FPDF_LoadMemDocument(address: number, size: number, password: string): number;
  FPDF_GetPageCount(document: number): number;
  FPDF_GetPageSizeByIndexF(document: number, index: number, size: number): boolean;
  FPDF_LoadPage(document: number, index: number): number;
  FPDF_ClosePage(page: number): void;
  FORM_OnAfterLoadPage(page: number, form: number): void;
  FORM_OnBeforeClosePage(page: number, form: number): void;
  FPDFBitmap_Create(width: number, height: number, alpha: number): number;
  FPDFBitmap_FillRect(bitmap: number, x: number, y: number, width: number, height: number, colour: number): boolean;
  FPDFBitmap_GetBuffer(bitmap: number): number;
  FPDFBitmap_Destroy(bitmap: number): void;
  FPDF_RenderPageBitmap(bitmap: number, page: number, ...placeAndFlags: number[]): void;
  FPDF_FFLDraw(form: number, bitmap: number, page: number, ...placeAndFlags: number[]): void;
};
type PdfiumModule = { init(overrides: { wasmBinary: ArrayBuffer }): Promise<Pdfium> };
/** RGBA, row by row from the top */
export type DrawnPage = { width: number; height: number; pixels: Uint8ClampedArray<ArrayBuffer> };
/** Return a JPEG. */
export type EncodePage = (page: DrawnPage) => Promise<Uint8Array<ArrayBuffer>>;

const WHITE = 0xffffffff;
/** Of PDFium's public/fpdfview.h. The second gives RGBA, as a canvas has it. */
const [DRAW_ANNOTATIONS, REVERSE_BYTE_ORDER] = [0x01, 0x10];
const JPEG_QUALITY = 0.8;
const FLOAT_BYTES = 4;

/** @param encode in place of a canvas, where there is none */
export function letterReader({ encode = encodeOnCanvas }: { encode?: EncodePage } = {}) {
  return {
    /**
     * Draw the first pages of a letter. A worker does it once: the library frees no memory that a damaged file holds.
     * @param engineUrl of the module of PDFium
     * @param program its WebAssembly
     * @param pagesLeft the most pages that it may have printed
     * @returns JPEGs without metadata; null for a letter that cannot be read, needs a password, is too large, or would
     *   have more pages printed
     */
    async drawLetter(
      engineUrl: string,
      program: ArrayBuffer,
      letter: Uint8Array,
      pagesLeft: number,
    ): Promise<Uint8Array[] | null> {
      if (letter.length > PRINTED_LETTER_LIMIT_BYTES) return null;
      const { init } = (await import(engineUrl)) as PdfiumModule;
      const library = await init({ wasmBinary: program });
      library.PDFiumExt_Init();
      const address = library.pdfium.wasmExports.malloc(letter.length);
      if (!address) return null;
      library.pdfium.HEAPU8.set(letter, address);
      const document = library.FPDF_LoadMemDocument(address, letter.length, '');
      const count = document ? Math.min(library.FPDF_GetPageCount(document), PRINTED_LETTER_PAGES) : 0;
      if (count < 1 || count > pagesLeft) return null;
      const form = library.PDFiumExt_InitFormFillEnvironment(document, library.PDFiumExt_OpenFormFillInfo());
      const pages = [];
      for (let index = 0; index < count; index++) {
        const page = drawPage(library, document, form, index);
        if (!page) return null;
        pages.push(withoutMetadata(await encode(page)));
      }
      return pages;
    },
  };
}

/** Draw a page as large as it is printed; null where it cannot be. */
function drawPage(library: Pdfium, document: number, form: number, index: number): DrawnPage | null {
  const size = library.pdfium.wasmExports.malloc(2 * FLOAT_BYTES);
  if (!size || !library.FPDF_GetPageSizeByIndexF(document, index, size)) return null;
  const [across, down] = [0, FLOAT_BYTES].map((offset) => library.pdfium.getValue(size + offset, 'float'));
  if (!across || !down || across < 0 || down < 0) return null;
  const scale = Math.min(PRINTED_LETTER_WIDTH_PIXELS / across, PRINTED_LETTER_HEIGHT_PIXELS / down);
  const width = Math.ceil(across * scale);
  const height = Math.ceil(down * scale);
  const page = library.FPDF_LoadPage(document, index);
  const bitmap = page ? library.FPDFBitmap_Create(width, height, 0) : 0;
  if (!bitmap) return null;
  const placeAndFlags = [0, 0, width, height, 0, DRAW_ANNOTATIONS | REVERSE_BYTE_ORDER];
  library.FPDFBitmap_FillRect(bitmap, 0, 0, width, height, WHITE);
  if (form) library.FORM_OnAfterLoadPage(page, form);
  library.FPDF_RenderPageBitmap(bitmap, page, ...placeAndFlags);
  if (form) library.FPDF_FFLDraw(form, bitmap, page, ...placeAndFlags);
  const start = library.FPDFBitmap_GetBuffer(bitmap);
  const pixels = new Uint8ClampedArray(library.pdfium.HEAPU8.slice(start, start + width * height * 4).buffer);
  library.FPDFBitmap_Destroy(bitmap);
  if (form) library.FORM_OnBeforeClosePage(page, form);
  library.FPDF_ClosePage(page);
  return { width, height, pixels };
}

async function encodeOnCanvas({ width, height, pixels }: DrawnPage): Promise<Uint8Array<ArrayBuffer>> {
  const canvas = new OffscreenCanvas(width, height);
  const context = canvas.getContext('2d', { alpha: false }) as OffscreenCanvasRenderingContext2D;
  // The unused fourth byte is not always full, and a canvas would mix such pixels with black.
  for (let i = 3; i < pixels.length; i += 4) pixels[i] = 255;
  context.putImageData(new ImageData(pixels, width, height), 0, 0);
  const blob = await canvas.convertToBlob({ type: 'image/jpeg', quality: JPEG_QUALITY });
  return new Uint8Array(await blob.arrayBuffer());
}
