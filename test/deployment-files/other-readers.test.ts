/**
 * Whoever verifies a file for others must not accept what they read otherwise. The judges are the
 * libraries of kubectl and of Docker Compose: asked where Go is available, and by what they said
 * when the record was made everywhere. To make it again: RECORD_VERDICTS=1 with this file.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { fillIn, mentionsOf } from '../../src/deployment-files/index.js';
import { askGoProgram, buildGoProgram, type GoProgram } from '../judges/go-program.js';
import { differenceOf, idOf, imagesOf, type FileVerdict } from './support/file-judge.js';
import { random, written, writtenForCompose, type FileCase } from './support/odd-files.js';

const root = path.join(import.meta.dirname, '..');
const record = path.join(root, 'fixtures', 'deployment-files', 'verdicts.json');

const take = (seed: number, count: number): readonly FileCase[] => {
  const cases = random(seed);
  return Array.from({ length: count }, () => cases.next().value as FileCase);
};

const recorded: readonly FileCase[] = [...written, ...writtenForCompose, ...take(1, 200)];

interface Accepted {
  readonly file: FileCase;
  readonly images: readonly string[];
}

async function accepted(cases: readonly FileCase[]): Promise<readonly Accepted[]> {
  const all = await Promise.all(
    cases.map(async (file) => ({ file, images: await imagesOf(file) })),
  );
  return all.flatMap(({ file, images }) => (images === undefined ? [] : [{ file, images }]));
}

async function ask(program: string, cases: readonly FileCase[]): Promise<readonly FileVerdict[]> {
  return (await askGoProgram(program, cases)) as readonly FileVerdict[];
}

function differences(all: readonly Accepted[], verdicts: readonly (FileVerdict | undefined)[]) {
  return all.flatMap(({ file, images }, index) => {
    const verdict = verdicts[index];
    const difference = verdict ? differenceOf(file, images, verdict) : 'no verdict is recorded';
    return difference === undefined ? [] : [{ difference, ...file }];
  });
}

describe('a file that is accepted', () => {
  it(
    'is the same to kubectl and Compose, by their recorded verdicts',
    { timeout: 120_000 },
    async () => {
      const all = await accepted(recorded);
      expect(all.length).toBeGreaterThan(60);
      const known = existsSync(record)
        ? (JSON.parse(readFileSync(record, 'utf8')) as Record<string, FileVerdict>)
        : {};
      const verdicts = all.map(({ file }) => known[idOf(file)]);
      expect(differences(all, verdicts)).toEqual([]);
    },
  );

  it(
    'names the same images by digest once digests are filled in',
    { timeout: 120_000 },
    async () => {
      const digest = `sha256:${'ab'.repeat(32)}`;
      for (const { file, images } of await accepted([...recorded, ...take(3, 200)])) {
        // Whatever is no reference is refused before anything is written.
        if (!images.every((image) => /^[a-z]+:\d$/.test(image))) continue;
        const { mentions } = await mentionsOf('file.yaml', file.text, { skipBuilt: false });
        const text = fillIn({ text: file.text, mentions }, () => digest);
        expect(await imagesOf({ ...file, text }), text).toEqual(
          images.map((image) => `${image}@${digest}`),
        );
      }
    },
  );

  describe('where Go is available', () => {
    let judge: GoProgram;
    beforeAll(async () => {
      judge = await buildGoProgram(path.join(root, 'judges', 'deployment-files'));
    }, 900_000);

    it('is the same to kubectl and Compose, asked now', { timeout: 300_000 }, async (context) => {
      if (judge.kind === 'unavailable') return context.skip(judge.reason);
      const all = await accepted([...recorded, ...take(2, 800)]);
      const verdicts = await ask(
        judge.path,
        all.map(({ file }) => file),
      );
      if (process.env.RECORD_VERDICTS === '1') {
        const ids = new Set(recorded.map(idOf));
        const entries = all
          .map(({ file }, index) => [idOf(file), verdicts[index]] as const)
          .filter(([id]) => ids.has(id));
        writeFileSync(record, `${JSON.stringify(Object.fromEntries(entries))}\n`);
      }
      expect(differences(all, verdicts)).toEqual([]);
    });
  });
});
