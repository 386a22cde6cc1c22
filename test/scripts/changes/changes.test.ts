import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readPage } from '../../docs/pages.js';
import { copyTree, type Edit, type Edits, type Judges, type Tree } from './tree.js';

/** A change of a kind that is made often, file by file. */
interface Change extends Judges {
  /** As docs/architecture.md calls it. */
  readonly kind: string;
  /** What every complaint about a missing part names. */
  readonly mark: RegExp;
  readonly files: Readonly<Record<string, Edit>>;
}

/** Puts `addition` before the one place of `anchor`. */
function before(anchor: string, addition: string): Edit {
  return (text = '') => {
    const parts = text.split(anchor);
    if (parts.length !== 2) throw new Error(`${parts.length - 1} places of ${anchor}`);
    return parts.join(addition + anchor);
  };
}

/** Puts `text` in the one place of `anchor`. */
function replace(anchor: string, text: string): Edit {
  return (whole) => before(anchor, text)(whole).replace(anchor, '');
}

/** One edit after the other. */
function all(...edits: readonly Edit[]): Edit {
  return (text = '') => edits.reduce((made, edit) => edit(made), text);
}

const command = 'src/commands/today.ts';

/** The error that a tag is locked, kept, or whatever the last word of `code` says. */
function errorOf(code: string): Change {
  const word = code.replace(/.*_/, '').toLowerCase();
  return {
    kind: 'An error',
    mark: new RegExp(code),
    tests: ['test/errors.test.ts', 'test/docs/troubleshooting.test.ts'],
    files: {
      'src/errors.ts': before("  'MANIFEST_NOT_FOUND',\n", `  '${code}',\n`),
      'src/registry/image-name.ts': before(
        '/** @throws {TrustError} INPUT_INVALID unless `text` is a tag. */\n',
        [
          `/** @throws {TrustError} ${code} */`,
          `export function refuseIf_${word}(tag: string, isSo: boolean): void {`,
          '  if (!isSo) return;',
          `  throw new TrustError('${code}', \`The tag \${tag} is ${word}\`, { remedy: 'Use another tag.' });`,
          '}',
          '',
          '',
        ].join('\n'),
      ),
      'docs/troubleshooting.md': before(
        '### MANIFEST_NOT_FOUND\n',
        [
          `### ${code}`,
          '',
          '```text',
          `The tag … is ${word}`,
          '```',
          '',
          'The registry keeps the tag as it is. Use another tag.',
          '',
          '',
        ].join('\n'),
      ),
    },
  };
}

/** A change may build upon those before it. */
const changes: readonly Change[] = [
  errorOf('TAG_LOCKED'),
  {
    kind: 'A command',
    mark: /today/,
    offers: '## `today`',
    tests: ['test/scripts/agreement.test.ts', 'test/commands/run.test.ts'],
    compiles: true,
    files: {
      [command]: () =>
        [
          '/** The command `today`. */',
          "import { defineCommand } from './command.js';",
          "import { paragraph } from '../report/report.js';",
          '',
          'export const today = defineCommand({',
          "  name: 'today',",
          "  label: 'Today',",
          "  help: 'Says what day it is.',",
          '  inputs: {},',
          '  example: [],',
          '  parse: () => ({}),',
          '  run: (_configuration, { clock }) => {',
          '    const day = clock().toISOString();',
          "    const [title, body] = ['Today', [paragraph(day)]];",
          '    return Promise.resolve({ title, heading: title, body, facts: { day }, outputs: {} });',
          '  },',
          '});',
          '',
        ].join('\n'),
      'src/commands/commands.ts': all(
        before('\nconst all = [\n', "import { today } from './today.js';\n"),
        before('] as const;\n', '  today,\n'),
      ),
      'test/commands/echo/set-up.ts': all(
        before('  trustDelete: { confirm: image },\n', '  today: {},\n'),
        before("  trustDelete: ['token service'", '  today: [],\n'),
      ),
    },
  },
  {
    kind: 'An input',
    mark: /time-?zone/i,
    offers: '`time-zone`',
    tests: ['test/scripts/agreement.test.ts', 'test/commands/run.test.ts'],
    files: {
      'src/commands/inputs/days.ts': before(
        'export const daysInputs',
        [
          'export const timeZone = {',
          "  type: 'text',",
          "  group: 'advanced',",
          "  label: 'Time zone',",
          "  help: 'Where the day is asked for.',",
          "  example: 'Europe/Madrid',",
          '} as const satisfies Input;',
          '',
          '',
        ].join('\n'),
      ),
      [command]: all(
        before('import { paragraph }', "import { timeZone } from './inputs/days.js';\n"),
        replace('inputs: {}', "inputs: { 'time-zone': timeZone }"),
        replace('() => ({})', "({ values }) => ({ zone: values['time-zone'] })"),
      ),
    },
  },
  {
    kind: 'A report field',
    mark: /zone/,
    tests: ['test/commands/run.test.ts'],
    files: {
      [command]: all(replace('_configuration', '{ zone }'), replace('{ day }', '{ day, zone }')),
    },
  },
];

/** All edits of `some`, but for those in the file that `without` names for a change. */
function editsOf(some: readonly Change[], without: ReadonlyMap<Change, string> = new Map()): Edits {
  const edits = new Map<string, Edit[]>();
  for (const change of some) {
    for (const [file, edit] of Object.entries(change.files)) {
      if (without.get(change) === file) continue;
      edits.set(file, [...(edits.get(file) ?? []), edit]);
    }
  }
  return edits;
}

/** How many files each kind of change touches, as the page says. */
function documented(): ReadonlyMap<string, number> {
  const rows = readPage('docs/architecture.md').matchAll(/^\| (An? [a-z ]+?) +\| (\d) +\|/gm);
  return new Map([...rows].map(([, kind = '', count]) => [kind, Number(count)]));
}

// The compiler looks at the whole project, on a machine that may be busy.
describe('a change', { timeout: 15 * 60_000 }, () => {
  let tree: Tree;

  beforeAll(async () => {
    tree = await copyTree();
  });

  afterAll(() => tree.remove());

  it('of each kind touches as many files as docs/architecture.md says', () => {
    expect(new Map(changes.map(({ kind, files }) => [kind, Object.keys(files).length]))).toEqual(
      documented(),
    );
  });

  it('of each kind is complete with these files', async () => {
    const by = {
      tests: changes.flatMap(({ tests }) => tests),
      generates: true,
      compiles: true,
    };
    expect(await tree.judge(editsOf(changes), by)).toBe('');
  });

  // To judge by tests takes longest: once for all, each error without another of its files.
  it('is not complete: An error without any one of its files', async () => {
    const errors = ['TAG_LOCKED', 'TAG_HELD', 'TAG_KEPT'].map(errorOf);
    const [{ files: ofOne, ...judges } = errorOf('')] = errors;
    const files = Object.keys(ofOne);
    expect(files).toHaveLength(errors.length);
    const without = new Map(errors.map((error, at) => [error, files[at] ?? '']));
    const complaint = await tree.judge(editsOf(errors, without), judges);
    for (const { mark } of errors) expect(complaint).toMatch(mark);
  });

  const partial = changes.flatMap((change) =>
    // Without its only file there is no change.
    Object.keys(change.files)
      .filter((_file, _at, { length }) => change.kind !== 'An error' && length > 1)
      .map((file) => [change.kind, file, change] as const),
  );

  it.each(partial)('is not complete: %s without %s', async (_kind, file, change) => {
    const upTo = changes.slice(0, changes.indexOf(change) + 1);
    const edits = editsOf(upTo, new Map([[change, file]]));
    expect(await tree.judge(edits, change)).toMatch(change.mark);
  });
});
