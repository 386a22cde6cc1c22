/** Keys that are replaced: what the command says, and what it is refused with. */
import { generateKeyPairSync } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import {
  host,
  reply,
  reportOf,
  startRegistryScenario,
  type RegistryScenario,
} from '../../support/registry-scenario.js';

let scenario: RegistryScenario;
beforeAll(async () => {
  scenario = await startRegistryScenario();
  for (const name of ['new', 'next-root']) {
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const pem = privateKey.export({ type: 'pkcs8', format: 'pem' });
    await writeFile(path.join(scenario.folder, `${name}.pem`), pem, { mode: 0o600 });
  }
});
afterEach(() => {
  scenario.answerWith(() => undefined);
});
afterAll(() => scenario.close());

/** Signed repositories, whose key of `targets` is to be replaced. */
async function signed(...repositories: readonly string[]) {
  for (const repository of repositories) {
    scenario.push(repository, ['1']);
    await scenario.run('sign', { registry: host, repository, tags: '1' });
  }
  return { registry: host, repository: repositories.join(), role: 'targets', 'new-key': 'new.pem' };
}

describe('keys rotate', () => {
  it('shows old and new key and who signed, and says what to do with them', async () => {
    const inputs = await signed('rotate/a');
    const dry = await scenario.run('keysRotate', { ...inputs, 'dry-run': 'true' });
    expect(dry.failure).toBeUndefined();
    expect(dry.lines).toContain('Nothing was changed.');
    expect(dry.summary).toContain('### ✅ Key of `targets` that would be rotated');
    expect(dry.outputs.repositories).toBe('');
    const foreseen = await reportOf(dry);
    expect(foreseen).toMatchObject({ dryRun: true, repositories: [{ state: 'to be rotated' }] });

    const rotated = await scenario.run('keysRotate', inputs);
    expect(rotated.failure).toBeUndefined();
    const newId = rotated.outputs['key-id'] ?? '';
    const file = path.join(scenario.folder, 'new.pem');
    const report = await reportOf(rotated);
    expect(report).toMatchObject({
      formatVersion: 2,
      command: 'keysRotate',
      outcome: 'done',
      role: 'targets',
      dryRun: false,
      newKey: { keyId: newId, reference: file },
      repositories: [
        {
          gun: `${host}/rotate/a`,
          state: 'rotated',
          exchanges: [{ role: 'targets', newKeyId: newId }],
          signedBy: [{ role: 'root' }, { role: 'targets' }],
          stillListed: [],
        },
      ],
      advice: [
        expect.stringContaining(`signing-key: ${file}.`) as string,
        expect.stringContaining('no other repository lists it') as string,
      ],
    });
    const [{ exchanges }] = report?.repositories as [{ exchanges: [{ oldKeyIds: [string] }] }];
    const [old] = exchanges[0].oldKeyIds;
    const row = `${host}/rotate/a +rotated +targets +${old} +${newId} +root: .*; targets: `;
    expect(rotated.lines.join('\n')).toMatch(
      new RegExp(`^REPOSITORY +STATE +ROLE +OLD KEY +NEW KEY +SIGNED BY\n${row}`, 'm'),
    );
    expect(rotated.summary).toContain('### ✅ Rotated key of `targets`');
    expect(rotated.summary).toContain(
      `| \`${host}/rotate/a\` | ✅ rotated | \`targets\` | \`${old.slice(0, 12)}\` | \`${newId.slice(0, 12)}\` |`,
    );
    expect(rotated.summary).toContain('Sign with the new key from now on');
    expect(rotated.outputs.repositories).toBe(`${host}/rotate/a`);

    const again = await scenario.run('keysRotate', inputs);
    expect(again.lines.join('\n')).toMatch(/has the key [0-9a-f]{64} already\.\nNothing was/);
    expect(again.outputs.repositories).toBe(`${host}/rotate/a`);
  });

  it('names what failed in summary and report, and rotates the others', async () => {
    const inputs = await signed('half/a', 'half/b');
    scenario.answerWith(({ method, url }) =>
      method === 'POST' && url.includes('/half/b/_trust/')
        ? Promise.resolve(reply(400, '{"errors":[{"code":"INVALID_UPDATE","message":"no"}]}'))
        : undefined,
    );
    const half = await scenario.run('keysRotate', inputs);
    expect(half.failure?.message).toMatch(/1 of 2 repositories: each was not rotated/);
    expect(half.outputs.repositories).toBe(`${host}/half/a`);
    expect(half.summary).toContain('### ❌ Keys rotate failed');
    expect(half.summary).toContain(`| \`${host}/half/b\` | ❌ failed |`);
    expect(await reportOf(half)).toMatchObject({
      outcome: 'failed',
      repositories: [
        { state: 'rotated' },
        { state: 'failed', error: { code: 'TRUST_SERVER_REJECTED' } },
      ],
      failures: [{ gun: `${host}/half/b`, code: 'TRUST_SERVER_REJECTED' }],
    });
  });

  it('rotates nothing where one of the repositories is not ready', async () => {
    const inputs = await signed('ready/a');
    const both = { ...inputs, repository: 'ready/a, ready/missing' };
    const { failure, outputs } = await scenario.run('keysRotate', both);
    expect(failure?.code).toBe('TRUST_DATA_MISSING');
    expect(failure?.message).toMatch(/nothing was changed anywhere/);
    expect(outputs).not.toHaveProperty('repositories');
  });

  it('says which pin follows a new root key', async () => {
    const inputs = { ...(await signed('root/a')), role: 'root', 'new-key': 'next-root.pem' };
    const shared = await scenario.run('keysRotate', {
      ...inputs,
      'new-key': 'signing.pem',
      'signing-key': '',
    });
    expect(shared.failure?.code).toBe('KEY_CONFLICT');
    const { failure, lines, outputs } = await scenario.run('keysRotate', inputs);
    expect(failure).toBeUndefined();
    expect(lines.join('\n')).toMatch(
      new RegExp(`trust-pin: ${outputs['key-id'] ?? '-'}.*old private key is not needed`, 's'),
    );
  });

  it('has the server make a key of its own', async () => {
    const given = { ...(await signed('server/a')), role: 'snapshot', 'new-key': '' };
    const held = await scenario.run('keysRotate', given);
    expect(held.lines.join('\n')).toMatch(/holds the snapshot key of \S+ already/);
    const made = await scenario.run('keysRotate', { ...given, 'create-key': 'true' });
    expect(made.failure).toBeUndefined();
    expect(made.outputs).not.toHaveProperty('key-id');
    expect(made.lines.join('\n')).toMatch(/signs snapshot by itself/);
    expect(await reportOf(made)).toMatchObject({ repositories: [{ state: 'rotated' }] });
  });

  const vault = 'https://contoso-keys.vault.azure.net';
  const version = '0123456789abcdef0123456789abcdef';
  const base = { registry: host, repository: 'any', role: 'targets', 'new-key': 'new.pem' };
  it.each([
    ['no repository', { repository: '', registry: '' }, 'INPUT_MISSING', /"repository" is not set/],
    ['no role', { role: '' }, 'INPUT_MISSING', /"role" is not set/],
    ['a role of no kind', { role: 'releases' }, 'INPUT_INVALID', /"releases" is not a role/],
    ['a delegation that cannot be', { role: 'targets/A b' }, 'INPUT_INVALID', /is not a role/],
    ['no new key', { 'new-key': '' }, 'INPUT_MISSING', /"new-key" is not set/],
    ['a new key that is none', { 'new-key': 'https://x.example/k' }, 'KEY_REFERENCE_INVALID', /./],
    ['no root key', { 'root-key': '' }, 'INPUT_MISSING', /"root-key" is not set/],
    [
      'no repository key for a signer',
      { role: 'targets/ci', 'signing-key': '' },
      'INPUT_MISSING',
      /"signing-key" is not set/,
    ],
    ['an old key that is no ID', { 'old-key': 'abc' }, 'INPUT_INVALID', /not 64 hex digits/],
    [
      'a version to make',
      { 'create-key': 'true', 'new-key': `${vault}/keys/app/${version}` },
      'INPUT_CONFLICT',
      /"create-key" is true, and "new-key" is a version of a key/,
    ],
    [
      'a file to make',
      { 'create-key': 'true' },
      'INPUT_CONFLICT',
      /"new-key" is not a Key Vault key/,
    ],
    ['hardware for nothing', { hsm: 'true' }, 'INPUT_CONFLICT', /"create-key" is not/],
    ['a key for the server', { role: 'snapshot' }, 'INPUT_CONFLICT', /made and kept by the trust/],
    [
      'hardware for the server',
      { role: 'timestamp', 'new-key': '', hsm: 'true' },
      'INPUT_CONFLICT',
      /made by the trust server/,
    ],
    ['a pin that is a secret', { 'trust-pin': `${vault}/secrets/x` }, 'INPUT_INVALID', /pin/],
    ['an ID that is none', { 'client-id': 'x' }, 'INPUT_INVALID', /"client-id" is not a GUID/],
  ] as const)('is refused with %s', async (_what, given, code, message) => {
    const inputs = { ...base, 'registry-login': 'azure', ...given };
    const { failure } = await scenario.run('keysRotate', inputs);
    expect(failure).toMatchObject({ code, message: expect.stringMatching(message) as string });
  });

  it('needs neither root nor signing key where available keys are named', async () => {
    const inputs = { ...(await signed('available/a')), 'old-key': 'AB'.repeat(32) };
    const { failure } = await scenario.run('keysRotate', {
      ...inputs,
      'root-key': '',
      'signing-key': '',
      keys: 'root.pem',
    });
    expect(failure?.message).toContain(`does not list the key to replace, ${'ab'.repeat(32)}`);
  });
});
