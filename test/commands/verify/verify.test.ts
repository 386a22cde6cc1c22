/** What a run of verify hands on and says, in this process. */
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  host,
  reportOf,
  startRegistryScenario,
  type Ran,
  type RegistryScenario,
} from '../support/registry-scenario.js';

let scenario: RegistryScenario;
let digest = '';
const image = (name: string) => `${host}/${name}`;

beforeAll(async () => {
  scenario = await startRegistryScenario();
  digest = scenario.push('signed', ['1']);
  scenario.push('unsigned', ['1']);
  await scenario.run('sign', { images: image('signed:1') });
});
afterAll(() => scenario.close());

/** A run with what it has logged. */
async function verify(
  inputs: Readonly<Record<string, string>>,
): Promise<Ran & { readonly lines: readonly string[] }> {
  const lines: string[] = [];
  const ran = await scenario.run('verify', inputs, {
    host: ({ printer }) => ({ printer: { ...printer, line: (text) => void lines.push(text) } }),
  });
  return { ...ran, lines };
}

const explainedFields = async (): Promise<readonly string[]> => {
  const page = await readFile(path.join(import.meta.dirname, '../../../docs/verify.md'), 'utf8');
  const section = page.slice(page.indexOf('## The report'));
  return [...section.matchAll(/^\| `(\w+)`/gm)].map(([, name = '']) => name);
};

describe('a run of verify', () => {
  it('hands on verified images once, by digest', async () => {
    const both = `${image('signed:1')},${image(`signed@${digest}`)}`;
    const { failure, outputs, summary, lines } = await verify({ images: both });
    expect(failure).toBeUndefined();
    expect(outputs).toMatchObject({ images: image(`signed@${digest}`), verified: '2' });
    expect(summary).toContain('### ✅ Verified images: ');
    expect(lines.join('\n')).toMatch(/^.*IMAGE +DIGEST +SIGNERS +EXPIRY +VERDICT$/m);
    expect(lines.join('\n')).toMatch(/Repo Admin +\d{4}-\d\d-\d\d \w+ +verified$/m);
  });

  it('says of each image what became of it when it fails', async () => {
    const inputs = {
      images: `${image('signed:1')},${image('unsigned:1')},${image('signed:none')}`,
      'allow-unsigned': image('un*'),
    };
    const ran = await verify(inputs);
    expect(ran.failure).toMatchObject({
      code: 'TAG_NOT_SIGNED',
      message: expect.stringMatching(/^1 of 3 images is not as required\./) as string,
    });
    expect(ran.outputs).toMatchObject({ images: image(`signed@${digest}`), verified: '1' });
    expect(ran.warnings.join()).toContain(`accepted by "${image('un*')}"`);
    expect(ran.summary).toContain('### ❌ 1 of 3 images not verified: ');
    expect(ran.summary).toContain('| ❌ not verified<br>`TAG_NOT_SIGNED` ');
    expect(ran.summary).toContain('| ⚠️ unsigned, allowed |');
    expect(ran.lines.join('\n')).toMatch(/- +FAILED TAG_NOT_SIGNED$/m);
    expect(await reportOf(ran)).toMatchObject({
      outcome: 'failed',
      error: { code: 'TAG_NOT_SIGNED' },
      verified: 1,
      images: [
        { reference: image('signed:1'), status: 'verified', image: image(`signed@${digest}`) },
        { status: 'allowed-unsigned', problems: [] },
        { status: 'failed', problems: [{ code: 'TAG_NOT_SIGNED' }] },
      ],
    });
  });

  it('has a report whose fields are all explained', async () => {
    const explained = await explainedFields();
    const report = (await reportOf(await verify({ images: image('signed:1') }))) ?? {};
    const [first = {}] = report.images as readonly object[];
    const fields = [...Object.keys(report), ...Object.keys(first)];
    expect(fields.filter((field) => !explained.includes(field))).toEqual([]);
    const absent = explained.filter((field) => !fields.includes(field));
    const ofNotaryProject = ['required', 'found', 'notaryProject', 'dismissed'];
    expect(absent).toEqual(['error', 'created', ...ofNotaryProject]);
  });
});
