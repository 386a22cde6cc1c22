import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readPage } from '../../docs/pages.js';
import { copyTree, type Edit, type Edits, type Judges, type Tree } from './tree.js';

/** A change of a kind that is made often, file by file. */
interface Change extends Judges {
  /** As docs/architecture.md calls it. */
  readonly kind: string;
  /** What every complaint about a missing part names. */
  readonly mark: string;
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

const changes: readonly Change[] = [
  {
    kind: 'An error',
    mark: 'TAG_LOCKED',
    tests: ['test/errors.test.ts', 'test/docs/troubleshooting.test.ts'],
    files: {
      'src/errors.ts': before("  'MANIFEST_NOT_FOUND',\n", "  'TAG_LOCKED',\n"),
      'src/registry/image-name.ts': before(
        '/** @throws {TrustError} INPUT_INVALID unless `text` is a tag. */\n',
        [
          '/** @throws {TrustError} TAG_LOCKED */',
          'export function requireUnlocked(tag: string, isLocked: boolean): void {',
          '  if (!isLocked) return;',
          "  throw new TrustError('TAG_LOCKED', `The tag ${tag} is locked`, { remedy: 'Use another tag.' });",
          '}',
          '',
          '',
        ].join('\n'),
      ),
      'docs/troubleshooting.md': before(
        '### MANIFEST_NOT_FOUND\n',
        [
          '### TAG_LOCKED',
          '',
          '```text',
          'The tag … is locked',
          '```',
          '',
          'The registry keeps the tag as it is. Use another tag.',
          '',
          '',
        ].join('\n'),
      ),
    },
  },
];

/** All edits of `some`, without those of one change in one file. */
function editsOf(some: readonly Change[], without?: readonly [Change, string]): Edits {
  const edits = new Map<string, Edit[]>();
  for (const change of some) {
    for (const [file, edit] of Object.entries(change.files)) {
      if (without?.[0] === change && without[1] === file) continue;
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
      generates: changes.some(({ generates }) => generates),
      compiles: true,
    };
    expect(await tree.judge(editsOf(changes), by)).toBe('');
  });

  const partial = changes.flatMap((change) =>
    Object.keys(change.files).map((file) => [change.kind, file, change] as const),
  );

  it.each(partial)('is not complete: %s without %s', async (_kind, file, change) => {
    expect(await tree.judge(editsOf(changes, [change, file]), change)).toContain(change.mark);
  });
});
