/** Typesetting of one document by typst, from the templates of diary/pack/documents/. */

type Compiler = {
  map_shadow(path: string, content: Uint8Array): boolean;
  compile(main: string, inputs: [string, string][], format: 'pdf', diagnostics: number): { result?: Uint8Array };
};
type CompilerModule = {
  default(options: { module_or_path: WebAssembly.Module }): Promise<unknown>;
  TypstCompilerBuilder: new () => {
    set_dummy_access_model(): void;
    add_raw_font(font: Uint8Array): Promise<void>;
    build(): Promise<Compiler>;
  };
};

/** The typesetter's code for: return no diagnostics, which would quote words. */
const NO_DIAGNOSTICS = 1;

export function typesetter() {
  return {
    /**
     * Typeset a document. A worker does it once: typst frees no memory.
     * @param engineUrl of the module of typst
     * @param madeAt when the pack was made, ms: the only time in the file
     * @param files name → content, in one folder
     * @returns the PDF, or null when it cannot be typeset
     */
    async typeset(
      engineUrl: string,
      compiled: WebAssembly.Module,
      fonts: ArrayBuffer[],
      template: string,
      madeAt: number,
      files: Map<string, Uint8Array>,
    ): Promise<Uint8Array | null> {
      const typst = (await import(engineUrl)) as CompilerModule;
      await typst.default({ module_or_path: compiled });
      const builder = withoutEvaluation(() => {
        const created = new typst.TypstCompilerBuilder();
        created.set_dummy_access_model();
        return created;
      });
      for (const font of fonts) await builder.add_raw_font(new Uint8Array(font));
      const compiler = await builder.build();
      for (const [name, content] of files) compiler.map_shadow(`/${name}`, content);
      const made = new Date(madeAt).toISOString().slice(0, 19);
      const { result } = compiler.compile(`/${template}.typ`, [['made', made]], 'pdf', NO_DIAGNOSTICS);
      return result ?? null;
    },
  };
}

/**
 * Run `create` while no function can be made from a text. The policy of the worker forbids that; typst makes some that
 * would only throw, for access to files and packages, and calls none.
 */
function withoutEvaluation<T>(create: () => T): T {
  const { Function: original } = globalThis;
  const inert = function inert() {
    return () => {
      throw new Error('no files and no packages');
    };
  };
  Object.assign(globalThis, { Function: inert });
  try {
    return create();
  } finally {
    globalThis.Function = original;
  }
}
