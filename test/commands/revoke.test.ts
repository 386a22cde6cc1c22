import { createPrivateKey, createPublicKey, generateKeyPairSync } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { host, reportOf, startRegistryScenario } from './support/registry-scenario.js';
import type { RegistryScenario } from './support/registry-scenario.js';

let scenario: RegistryScenario;
beforeAll(async () => {
  scenario = await startRegistryScenario();
});
afterAll(() => scenario.close());

type Inputs = Readonly<Record<string, string>>;

const revoke = (repository: string, inputs: Inputs) =>
  scenario.run('revoke', { registry: host, repository, ...inputs });

/** A repository with these tags signed by the repository key; their digest. */
async function signed(repository: string, tags: readonly string[]): Promise<string> {
  const digest = scenario.push(repository, tags);
  const inputs = { registry: host, repository, tags: tags.join() };
  expect((await scenario.run('sign', inputs)).failure).toBeUndefined();
  return digest;
}

/** A new signer of a repository; the path of its key. */
async function signerOf(repository: string): Promise<string> {
  const [file, publicFile] = ['ci.pem', 'ci.pub'].map((name) => path.join(scenario.folder, name));
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const pem = privateKey.export({ type: 'pkcs8', format: 'pem' });
  const spki = createPublicKey(createPrivateKey(pem)).export({ type: 'spki', format: 'pem' });
  await writeFile(file ?? '', pem);
  await writeFile(publicFile ?? '', spki);
  const signer = { signer: 'ci', 'signer-key': publicFile ?? '' };
  const added = await scenario.run('signersAdd', { registry: host, repository, ...signer });
  expect(added.failure).toBeUndefined();
  return file ?? '';
}

describe('what revoke is asked for', () => {
  it.each([
    ['neither tags nor all tags', {}, 'INPUT_MISSING', /"tags" is not set/],
    [
      'both',
      { tags: '1', 'all-tags': 'true' },
      'INPUT_CONFLICT',
      /"all-tags" is true, and "tags" names some/,
    ],
    ['what is not a tag', { tags: 'a/b*' }, 'INPUT_INVALID', /"a\/b\*" is not a valid tag or pat/],
    ['no key', { tags: '1', 'signing-key': '' }, 'INPUT_MISSING', /"signing-key" is not set/],
    ['no repository', { tags: '1', repository: '' }, 'INPUT_MISSING', /"repository" is not set/],
  ])('is refused with %s', async (_what, inputs, code, message) => {
    const { failure } = await revoke('app', inputs);
    expect(failure?.code).toBe(code);
    expect(failure?.message).toMatch(message);
  });
});

describe('revoke', () => {
  it('removes tags by name and by pattern, and names what is not signed', async () => {
    await signed('some', ['1.0', 'nightly-1', 'nightly-2', 'stable']);
    const ran = await revoke('some', { tags: '1.0, nightly-*, never-?' });
    expect(ran.failure).toBeUndefined();
    expect(ran.outputs).toMatchObject({
      'revoked-tags': '1.0,nightly-1,nightly-2',
      'still-signed-tags': '',
      'key-id': expect.stringMatching(/^[0-9a-f]{64}$/) as string,
    });
    expect(ran.warnings.join()).toContain('has no signed tag never-?: there is nothing to revoke');
    expect(ran.summary).toContain('### ✅ Revoked tags: ');
    expect(ran.summary).toContain('| `1.0` | `targets` |  | ✅ refused |');
    expect(ran.summary).toContain('Not signed: `never-?`');
    expect(await reportOf(ran)).toMatchObject({
      command: 'revoke',
      repository: 'some',
      dryRun: false,
      notSigned: ['never-?'],
    });
    expect(scenario.isSigned('some', '1.0')).toBe(false);
    expect(scenario.isSigned('some', 'stable')).toBe(true);
  });

  it('says in a dry run what would be revoked', async () => {
    await signed('dry', ['1', '2']);
    const ran = await revoke('dry', { 'all-tags': 'true', 'dry-run': 'true' });
    expect(ran.failure).toBeUndefined();
    expect(ran.outputs['revoked-tags']).toBe('1,2');
    const log = ran.lines.join('\n');
    expect(log).toMatch(/TAG +TO BE REMOVED FROM +STILL IN +PULL/);
    expect(log).toContain('Nothing was changed.');
    expect(ran.summary).toContain('### ✅ Tags that would be revoked');
    expect(scenario.isSigned('dry', '1')).toBe(true);
  });

  it('says so when no signed tag is meant', async () => {
    await signed('other', ['1']);
    const ran = await revoke('other', { tags: '2' });
    expect(ran.failure).toBeUndefined();
    expect(ran.outputs['revoked-tags']).toBe('');
    expect(ran.summary).toContain('No such tag is signed.');
  });

  it('fails where there is no trust data', async () => {
    expect((await revoke('empty', { tags: '1' })).failure?.code).toBe('TRUST_DATA_MISSING');
  });

  it('fails when a role lists a tag that the key may not change, after removing the rest', async () => {
    const digest = await signed('two-roles', ['old']);
    const key = { 'signing-key': await signerOf('two-roles') };
    const inputs = { registry: host, repository: 'two-roles', tags: 'old', ...key };
    expect((await scenario.run('sign', inputs)).failure).toBeUndefined();
    const dry = await revoke('two-roles', { ...inputs, 'dry-run': 'true' });
    expect(dry.failure).toBeUndefined();
    expect(dry.outputs['still-signed-tags']).toBe('old');

    const ran = await revoke('two-roles', inputs);
    expect(ran.failure?.code).toBe('KEY_NOT_AUTHORIZED');
    expect(ran.failure?.message).toContain(`old as ${digest}`);
    expect(ran.failure?.remedy).toMatch(
      /with a key of targets \(key [0-9a-f]{64}\) as signing-key/,
    );
    expect(ran.outputs).toMatchObject({ 'revoked-tags': 'old', 'still-signed-tags': 'old' });
    expect(ran.warnings.join()).toMatch(
      /old is still signed in targets; a change of targets needs/,
    );
    expect(ran.lines.join('\n')).toMatch(/old .*targets +STILL SIGNED sha256:/);
    expect(ran.summary).toMatch(/\| `old` \| .* \| `targets` \| ❌ STILL SIGNED/);
    expect(await reportOf(ran)).toMatchObject({
      outcome: 'failed',
      tags: [{ tag: 'old', pull: 'signed', digest }],
    });
  });
});
