/**
 * The mutants of files of the browser's code, made by Stryker's instrumenter: file names as arguments, a line of JSON
 * for each mutant out.
 */
import { readFileSync } from 'node:fs';
import { SourceTextModule } from 'node:vm';
import { createInstrumenter } from '@stryker-mutator/instrumenter';
import { createInjector } from 'typed-inject';

const nothing = () => undefined;
const log = {
  debug: nothing,
  error: console.error,
  fatal: console.error,
  info: nothing,
  trace: nothing,
  warn: console.error,
  isDebugEnabled: () => false,
  isErrorEnabled: () => true,
  isFatalEnabled: () => true,
  isInfoEnabled: () => false,
  isTraceEnabled: () => false,
  isWarnEnabled: () => true,
};

/** @param {string[]} lines @param {{ line: number, column: number }} place */
const offsetOf = (lines, { line, column }) =>
  lines.slice(0, line).reduce((sum, text) => sum + text.length + 1, 0) + column;

/** Whether a source is a module at all: a change that cannot be parsed says nothing about the tests. */
function parses(source) {
  try {
    new SourceTextModule(source);
    return true;
  } catch (error) {
    if (error instanceof SyntaxError) return false;
    throw error;
  }
}

/**
 * What to write in place of a piece of a source, or null when nothing that can be parsed comes of it. What replaces an
 * expression stays one: in `a && c`, `a || b` in place of `a` goes into brackets.
 *
 * @param {string} source @param {number} start @param {number} end @param {string} replacement
 */
function written(source, start, end, replacement) {
  const whole = (text) => source.slice(0, start) + text + source.slice(end);
  const inBrackets = `(${replacement})`;
  if (parses(inBrackets) && parses(whole(inBrackets))) return inBrackets;
  return parses(whole(replacement)) ? replacement : null;
}

/** Whether it is the words of a sentence that are changed: they are for people, and other tests hold them. */
const isSentence = (mutant, original) =>
  mutant.mutatorName === 'StringLiteral' && original.slice(1, -1).trim().includes(' ');

const instrumenter = createInstrumenter(
  createInjector()
    .provideValue('logger', log)
    .provideValue('getLogger', () => log),
);
for (const name of process.argv.slice(2)) {
  const source = readFileSync(name, 'utf8');
  const lines = source.split('\n');
  const { mutants } = await instrumenter.instrument([{ name, content: source, mutate: true }], {
    excludedMutations: [],
    ignorers: [],
    plugins: null,
  });
  for (const { location, replacement, ...mutant } of mutants) {
    const [start, end] = [offsetOf(lines, location.start), offsetOf(lines, location.end)];
    if (isSentence(mutant, source.slice(start, end))) continue;
    const text = written(source, start, end, replacement);
    const [line, last] = [location.start.line + 1, location.end.line + 1];
    if (text !== null) process.stdout.write(`${JSON.stringify({ file: name, line, last, start, end, text })}\n`);
  }
}
