/** Signers that are added, listed and removed: what the commands say, and what they are refused with. */
import { createPublicKey, generateKeyPairSync } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import {
  host,
  reply,
  reportOf,
  startRegistryScenario,
  type RegistryScenario,
} from '../support/registry-scenario.js';

let scenario: RegistryScenario;
beforeAll(async () => {
  scenario = await startRegistryScenario();
  await writeKeys('ci', 'rsa');
  await writeKeys('hidden', 'ec');
});
afterEach(() => {
  scenario.answerWith(() => undefined);
});
afterAll(() => scenario.close());

/** A key of a signer, and its public half as it is handed over. */
async function writeKeys(name: string, kind: 'rsa' | 'ec'): Promise<void> {
  const { privateKey } =
    kind === 'rsa'
      ? generateKeyPairSync('rsa', { modulusLength: 2048 })
      : generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const pem = privateKey.export({ type: 'pkcs8', format: 'pem' }) as string;
  const publicPem = createPublicKey(pem).export({ type: 'spki', format: 'pem' });
  await writeFile(path.join(scenario.folder, `${name}.key`), pem, { mode: 0o600 });
  await writeFile(path.join(scenario.folder, `${name}.pem`), publicPem);
}

/** Repositories whose tag 1 is signed with the repository key. */
async function signed(...repositories: readonly string[]) {
  for (const repository of repositories) {
    scenario.push(repository, ['1', '2']);
    await scenario.run('sign', { registry: host, repository, tags: '1' });
  }
  return { registry: host, repository: repositories.join(', ') };
}

const ci = { signer: 'ci', 'signer-key': 'ci.pem' };
const hidden = { signer: 'hidden', 'signer-key': 'hidden.pem' };

const refusePublish = (repository: string) => {
  const body = '{"errors":[{"code":"INVALID_UPDATE","message":"no"}]}';
  scenario.answerWith(({ method, url }) =>
    method === 'POST' && url.includes(`/${repository}/_trust/`)
      ? Promise.resolve(reply(400, body))
      : undefined,
  );
};

describe('signers add', () => {
  it('says what it would do, does it in each repository, and has nothing to do again', async () => {
    const inputs = { ...(await signed('add/a', 'add/b')), ...ci };
    const dry = await scenario.run('signersAdd', { ...inputs, 'dry-run': 'true' });
    expect(dry.failure).toBeUndefined();
    expect(dry.summary).toContain('### ✅ Signer `ci` would be added');
    expect(dry.lines).toContain('Nothing was changed.');
    expect(dry.outputs).toMatchObject({ repositories: '', keys: '' });
    const foreseen = await reportOf(dry);
    expect(foreseen).toMatchObject({ dryRun: true, repositories: [{ state: 'to be added' }, {}] });

    const added = await scenario.run('signersAdd', inputs);
    expect(added.failure).toBeUndefined();
    expect(added.outputs.repositories).toBe(`${host}/add/a\n${host}/add/b`);
    expect(added.outputs['key-id']).toMatch(/^[0-9a-f]{64}$/);
    const report = await reportOf(added);
    const [{ keyId }] = report?.keys as [{ keyId: string }];
    const file = path.join(scenario.folder, 'ci.pem');
    expect(report).toMatchObject({
      formatVersion: 1,
      command: 'signersAdd',
      outcome: 'done',
      signer: 'ci',
      dryRun: false,
      keys: [{ keyId, type: 'rsa', reference: file }],
      repositories: [
        { gun: `${host}/add/a`, state: 'added', keyIds: [keyId], pulls: [] },
        { gun: `${host}/add/b`, state: 'added', keyIds: [keyId], pulls: [] },
      ],
      failures: [],
    });
    expect(added.lines.join('\n')).toMatch(/REPOSITORY +STATE +KEYS ADDED\n/);
    expect(added.summary).toContain('### ✅ Signer `ci` added: ');
    expect(added.summary).toContain(`\`${keyId.slice(0, 12)}\` rsa, \`${file}\``);
    expect(added.summary).toContain(`| \`${host}/add/a\` | ✅ added | \`${keyId.slice(0, 12)}\` |`);
    expect(added.warnings.join('\n')).toMatch(/go on being pulled from there .* \(1\)/);

    const again = await scenario.run('signersAdd', inputs);
    expect(again.lines).toContain('Nothing was changed.');
    expect(await reportOf(again)).toMatchObject({ repositories: [{ state: 'unchanged' }, {}] });
  });

  it('names the repository that could not be changed, and changes the others', async () => {
    const inputs = { ...(await signed('half/a', 'half/b')), ...ci };
    refusePublish('half/b');
    const half = await scenario.run('signersAdd', inputs);
    expect(half.failure?.message).toMatch(/1 of 2 repositories: each was not changed/);
    expect(half.outputs.repositories).toBe(`${host}/half/a`);
    expect(half.summary).toContain('### ❌ Signers add failed');
    expect(half.summary).toContain(`| \`${host}/half/b\` | ❌ failed |`);
    expect(await reportOf(half)).toMatchObject({
      outcome: 'failed',
      repositories: [
        { state: 'added' },
        { state: 'failed', error: { code: 'TRUST_SERVER_REJECTED' } },
      ],
      failures: [{ gun: `${host}/half/b`, code: 'TRUST_SERVER_REJECTED' }],
    });
  });

  const adding = { registry: host, repository: 'any', ...ci };
  const vault = 'https://contoso-keys.vault.azure.net';
  it.each([
    ['no repository', { registry: '', repository: '' }, 'INPUT_MISSING', /"repository"/],
    ['no signer', { signer: '' }, 'INPUT_MISSING', /"signer" is not set/],
    ['no key of the signer', { 'signer-key': '' }, 'INPUT_MISSING', /"signer-key"/],
    ['no repository key', { 'signing-key': '' }, 'INPUT_MISSING', /"signing-key"/],
    ['the name of a role', { signer: 'targets/ci' }, 'INPUT_INVALID', /without "targets/],
    ["Docker's own name", { signer: 'releases' }, 'INPUT_INVALID', /all signers together/],
    ['a capital letter', { signer: 'CI' }, 'INPUT_INVALID', /lower-case letters/],
    ['a blank', { signer: 'c i' }, 'INPUT_INVALID', /lower-case letters/],
    [
      'a secret as the key',
      { 'signer-key': `${vault}/secrets/ci` },
      'INPUT_INVALID',
      /names a Key Vault secret/,
    ],
    [
      'a broken reference',
      { 'signer-key': 'https://contoso.example/keys/ci' },
      'KEY_REFERENCE_INVALID',
      /is not a Key Vault/,
    ],
    [
      'a tag',
      { registry: '', repository: '', images: `${host}/db:1` },
      'INPUT_INVALID',
      /an image, not a repository/,
    ],
    [
      'half an identity',
      { 'registry-login': 'azure', 'client-secret': 's' },
      'INPUT_MISSING',
      /"client-id"/,
    ],
    ['a pin that is none', { 'trust-pin': 'sha256:12' }, 'INPUT_INVALID', /64 hex digits/],
  ])('is refused for %s', async (_, given, code, message) => {
    const { failure } = await scenario.run('signersAdd', { ...adding, ...given });
    expect(failure).toMatchObject({ code, message: expect.stringMatching(message) as string });
  });

  it('is refused with the text of a key in place of a file, once, and never with the text', async () => {
    const body = 'MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE';
    for (const [label, remedy] of [
      ['PUBLIC KEY', /Write it to a file/],
      ['EC PRIVATE KEY', /Consider the private key exposed/],
    ] as const) {
      const text = `-----BEGIN ${label}-----\n${body}\n-----END ${label}-----`;
      const { failure } = await scenario.run('signersAdd', { ...adding, 'signer-key': text });
      expect(failure?.code).toBe('INPUT_INVALID');
      expect(failure?.message).toMatch(/^Input "signer-key" holds the text of a/);
      expect(failure?.remedy).toMatch(remedy);
      expect(JSON.stringify(failure)).not.toContain(body);
    }
  });

  it('is refused for everything that is wrong at once', async () => {
    const { failure } = await scenario.run('signersAdd', {
      registry: host,
      repository: 'UPPER',
      signer: 'releases',
      'signing-key': '',
      'signer-key': `${vault}/secrets/ci`,
    });
    expect(failure?.message).toMatch(/4 inputs cannot be used/);
  });
});

describe('signers remove', () => {
  it('loses signed tags only where that is confirmed, and says what it loses', async () => {
    const inputs = await signed('remove/a');
    const removal = { ...inputs, signer: 'ci' };
    await scenario.run('signersAdd', { ...inputs, ...ci });
    await scenario.run('sign', { ...inputs, tags: '2', 'signing-key': 'ci.key' });
    const kept = await scenario.run('signersRemove', removal);
    expect(kept.failure).toMatchObject({
      code: 'CONFIRMATION_MISSING',
      message: expect.stringMatching(/would lose signed tags: 2/) as string,
    });
    expect(await reportOf(kept)).toMatchObject({
      outcome: 'failed',
      error: { code: 'CONFIRMATION_MISSING' },
    });
    const dry = await scenario.run('signersRemove', { ...removal, 'dry-run': 'true' });
    expect(dry.warnings.join('\n')).toMatch(/would lose signed tags: 2/);
    expect(await reportOf(dry)).toMatchObject({ repositories: [{ state: 'to be removed' }] });

    const removed = await scenario.run('signersRemove', { ...removal, confirm: 'remove/a' });
    expect(removed.failure).toBeUndefined();
    expect(removed.lines.join('\n')).toMatch(
      /REPOSITORY +STATE +KEYS REMOVED +RELEASES\n\S+ +removed +[0-9a-f]{64} +\w/,
    );
    expect(removed.summary).toContain(`| \`${host}/remove/a\` | ✅ removed |`);
    expect(removed.warnings.join('\n')).toMatch(/has lost signed tags: 2/);
    expect(await reportOf(removed)).toMatchObject({
      command: 'signersRemove',
      keys: [],
      repositories: [{ state: 'removed', pulls: [{ tag: '2' }] }],
    });

    const unknown = await scenario.run('signersRemove', removal);
    expect(unknown.warnings.join('\n')).toMatch(/has no signer ci: there is nothing to remove/);
    expect(await reportOf(unknown)).toMatchObject({ repositories: [{ state: 'not listed' }] });
  });

  it('signs the releases again with a key of a signer who stays', async () => {
    const inputs = await signed('stay/a');
    await scenario.run('signersAdd', { ...inputs, ...ci });
    await scenario.run('signersAdd', { ...inputs, ...hidden });
    await scenario.run('sign', { ...inputs, tags: '2', 'signing-key': 'ci.key' });
    const removal = { ...inputs, signer: 'ci', keys: 'hidden.key', 'root-key': '' };
    const removed = await scenario.run('signersRemove', removal);
    expect(removed.failure?.code).toBe('TRUST_ANCHOR_MISSING');
    const pin = /root key ([0-9a-f]{64})/.exec(removed.failure?.message ?? '')?.[1] ?? '';
    const again = await scenario.run('signersRemove', { ...removal, 'trust-pin': pin });
    expect(again.failure).toBeUndefined();
    expect(await reportOf(again)).toMatchObject({
      repositories: [{ state: 'removed', releases: 'signed again', pulls: [] }],
    });
  });

  it('does not take a confirmation for a repository that is not meant', async () => {
    const inputs = { registry: host, repository: 'team/app', signer: 'ci', confirm: 'team/ap' };
    const { failure } = await scenario.run('signersRemove', inputs);
    expect(failure).toMatchObject({
      code: 'INPUT_CONFLICT',
      message: expect.stringContaining('"team/ap"') as string,
    });
  });

  it('needs the repository key, whatever other keys there are', async () => {
    const inputs = { registry: host, repository: 'any', signer: 'ci', keys: 'ci.key' };
    const { failure } = await scenario.run('signersRemove', { ...inputs, 'signing-key': '' });
    expect(failure?.message).toMatch(/"signing-key" is not set/);
  });
});

describe('signers list', () => {
  it('has a line for each key, and when what it signed expires', async () => {
    const inputs = await signed('list/a');
    await scenario.run('signersAdd', { ...inputs, ...ci });
    await scenario.run('signersAdd', { ...inputs, ...hidden });
    await scenario.run('sign', { ...inputs, tags: '2', 'signing-key': 'ci.key' });
    await signed('list/none');
    const images = ['list/a', 'list/missing', 'list/none'].map((name) => `${host}/${name}`);
    const listed = await scenario.run('signersList', { images: images.join() });
    const report = await reportOf(listed);
    const [{ signers }] = report?.repositories as [
      { signers: readonly [{ keyIds: readonly [string] }, { keyIds: readonly [string] }] },
    ];
    const [[key], [orphan]] = [signers[0].keyIds, signers[1].keyIds];
    const day = '\\d{4}-\\d\\d-\\d\\d';
    const text = listed.lines.join('\n');
    for (const line of [
      'SIGNER +KEY +TYPE +IN RELEASES +VERSION +EXPIRES +STATE',
      `ci +${key} +rsa +yes +1 +${day} +valid`,
      `hidden +${orphan} +ecdsa +yes +- +- +not published`,
      `\\(releases\\) +- +- +- +1 +${day} +valid`,
      'no signers: tags are signed with the repository key',
    ]) {
      expect(text).toMatch(new RegExp(`^${line}`, 'm'));
    }
    expect(listed.outputs.repositories).toBe(`${host}/list/a\n${host}/list/none`);
    expect(listed.failure?.code).toBe('TRUST_DATA_MISSING');
    expect(report).toMatchObject({
      formatVersion: 1,
      command: 'signersList',
      outcome: 'failed',
      repositories: [
        {
          gun: `${host}/list/a`,
          signers: [
            { name: 'ci', keyIds: [key], version: 1, state: 'valid' },
            { name: 'hidden', keyIds: [orphan] },
          ],
          releases: { signedBy: [key], threshold: 1 },
        },
        { gun: `${host}/list/none`, signers: [] },
      ],
      failures: [{ gun: `${host}/list/missing`, code: 'TRUST_DATA_MISSING' }],
    });
    expect(listed.summary).toMatch(
      new RegExp(
        `\\| ci \\| \`${key.slice(0, 12)}\` \\| rsa \\| yes \\| 1 \\| ${day} \\| valid \\|`,
      ),
    );
    expect(listed.summary).toContain('No signers');
    expect(listed.summary).toContain('- ⚠️ ');
  });

  it('needs a repository', async () => {
    expect((await scenario.run('signersList', {})).failure?.code).toBe('INPUT_MISSING');
  });
});
