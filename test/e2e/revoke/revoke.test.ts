/** Tags whose signatures are taken away, judged by stock clients. */
import { createPublicKey } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { uniqueName } from '../../stack/index.js';
import { anyText, expectFailure, expectSigned, expectSuccess, stateOf } from '../expectations.js';
import {
  createDockerOwner,
  passphrases,
  writeBeside,
  type DockerOwner,
} from '../main-job/stock-owners.js';
import { pushUnsigned } from '../main-job/unsigned-tag.js';
import type { ProductHost } from '../product.js';
import { credentialsOf, newPrivateKey } from '../scenario.js';
import { makeKeys, setUp } from '../set-up.js';

const { stack, scenario, gunOf, publishesSince } = await setUp();
const keys = await makeKeys(scenario);

/** A repository with all of `tags` signed by the vault key; their digests. */
async function signedTags(
  repository: string,
  tags: readonly string[],
): Promise<Map<string, string>> {
  const digests = new Map<string, string>();
  for (const tag of tags) digests.set(tag, await pushUnsigned(scenario, repository, tag));
  const inputs = { ...keys, command: 'sign', repository, tags: tags.join() };
  expectSuccess(await scenario.run({ host: 'cli', inputs }));
  return digests;
}

const revoke = (host: ProductHost, inputs: Readonly<Record<string, string>>) =>
  scenario.run({
    host,
    inputs: { 'signing-key': keys['signing-key'], command: 'revoke', ...inputs },
  });

/** Judges that Docker refuses the tags, and that notary does not list them. */
async function expectRevoked(repository: string, tags: readonly string[]): Promise<void> {
  const { login } = scenario.reader;
  const listed = await stack.notaryList({ ref: gunOf(repository), login });
  for (const tag of tags) {
    const ref = `${gunOf(repository)}:${tag}`;
    const pulled = await stack.dockerPull({ engine: 'docker20', ref, login });
    expect(pulled.exitCode, pulled.output).not.toBe(0);
    expect(pulled.output).toMatch(/No valid trust data for|remote trust data does not exist/);
    expect(listed.map(({ name }) => name)).not.toContain(tag);
  }
}

describe('revoke', () => {
  it.each(['task', 'action', 'cli'] as const)(
    'takes tags and patterns away in one publish on the %s, and leaves the others',
    async (host) => {
      const repository = scenario.repository();
      const digests = await signedTags(repository, ['1.0', 'nightly-1', 'nightly-2', 'stable']);
      const mark = await stack.requestMark();
      const result = await revoke(host, { repository, tags: '1.0, nightly-*' });
      expectSuccess(result);
      expect(result.outputs).toMatchObject({
        'revoked-tags': '1.0,nightly-1,nightly-2',
        'still-signed-tags': '',
      });
      expect(await publishesSince(mark, repository)).toHaveLength(1);
      await expectRevoked(repository, ['1.0', 'nightly-1', 'nightly-2']);
      await expectSigned(scenario, repository, {
        tags: ['stable'],
        digest: digests.get('stable') ?? '',
        unsigned: '1.0',
      });
      const report = JSON.parse(await readFile(result.outputs['trust-report'] ?? '', 'utf8')) as {
        readonly tags: readonly object[];
      };
      expect(report.tags[0]).toMatchObject({
        tag: '1.0',
        removedFrom: ['targets'],
        stillIn: [],
        pull: 'unsigned',
      });
      expect(result.summary).toContain('### ✅ Revoked tags');
      // The images themselves stay.
      expect(await stack.tags(repository)).toContain('1.0');
    },
  );

  it('changes nothing in a dry run, and says what it would', async () => {
    const repository = scenario.repository();
    await signedTags(repository, ['1', '2']);
    const before = await stateOf(scenario, repository);
    const inputs = { repository, 'all-tags': 'true', 'dry-run': 'true' };
    const result = await revoke('action', inputs);
    expectSuccess(result);
    expect(result.outputs['revoked-tags']).toBe('1,2');
    expect(result.stdout).toMatch(/TO BE REMOVED FROM/);
    expect(result.stdout).toContain('Nothing was changed.');
    expect(await stateOf(scenario, repository)).toEqual(before);

    expectSuccess(await revoke('task', { ...inputs, 'dry-run': 'false' }));
    await expectRevoked(repository, ['1', '2']);
  });

  it('says of a tag that is not signed that there is nothing to revoke', async () => {
    const repository = scenario.repository();
    await signedTags(repository, ['1']);
    await pushUnsigned(scenario, repository, 'plain');
    const before = await stateOf(scenario, repository);
    const result = await revoke('task', { repository, tags: 'plain, never-*' });
    expectSuccess(result);
    expect(result.output).toMatch(/has no signed tag plain: there is nothing to revoke/);
    expect(result.output).toMatch(/has no signed tag never-\*/);
    expect(result.outputs['revoked-tags']).toBe('');
    expect(await stateOf(scenario, repository)).toEqual(before);
  });

  it('fails where there is no trust data at all, and without tags', async () => {
    const repository = scenario.repository();
    await pushUnsigned(scenario, repository, '1');
    const missing = await revoke('cli', { repository, tags: '1' });
    expectFailure(missing, { code: 'TRUST_DATA_MISSING', message: /has no trust data/ });
    const unnamed = await revoke('task', { repository });
    expectFailure(unnamed, {
      code: 'INPUT_MISSING',
      message: /"tags" is not set/,
      remedy: /set allTags to true/,
    });
  });

  it('takes tags away from many runs at once, and none is lost', async () => {
    const repository = scenario.repository();
    const digests = await signedTags(repository, ['a', 'b', 'c', 'kept']);
    const results = await Promise.all(
      ['a', 'b', 'c'].map((tags) => revoke('cli', { repository, tags })),
    );
    for (const result of results) expectSuccess(result);
    await expectRevoked(repository, ['a', 'b', 'c']);
    await expectSigned(scenario, repository, { tags: ['kept'], digest: digests.get('kept') ?? '' });
  });

  it('takes the right to sign, and changes nothing without it', async () => {
    const repository = scenario.repository();
    const file = path.join(stack.info.folder, `${uniqueName('key')}.pem`);
    await writeFile(file, newPrivateKey(), { mode: 0o600 });
    await pushUnsigned(scenario, repository, '1');
    const inputs = { repository, tags: '1', 'signing-key': file };
    const own = { command: 'sign', 'root-key': keys['root-key'] };
    expectSuccess(await scenario.run({ host: 'cli', inputs: { ...inputs, ...own } }));
    const before = await stateOf(scenario, repository);
    const result = await revoke('action', { ...inputs, ...credentialsOf(scenario.reader) });
    expectFailure(result, {
      code: 'SIGNER_NOT_AUTHORIZED',
      message: /./,
      remedy: /AcrImageSigner/,
    });
    expect(await stateOf(scenario, repository)).toEqual(before);
    expectSuccess(await revoke('action', inputs));
    await expectRevoked(repository, ['1']);
  });
});

describe('revoke by a signer, of a tag that was signed in targets before there were delegations', () => {
  it('fails after removing what it can, and the repository key does the rest', async () => {
    const repository = scenario.repository();
    const owner: DockerOwner = await createDockerOwner(scenario, repository);
    const digest = await owner.push('old');
    const name = uniqueName('key');
    const key = await stack.azure.createKey({
      vault: scenario.vault.name,
      name,
      kty: 'EC',
      crv: 'P-256',
    });
    const file = await writeBeside(
      owner.config,
      'pipeline.pem',
      createPublicKey({ key: key.jwk, format: 'jwk' })
        .export({ type: 'spki', format: 'pem' })
        .toString(),
    );
    await owner.trust('signer', 'add', '--key', file, 'pipeline', gunOf(repository));
    const inputs = { 'signing-key': key.kid, repository, tags: 'old' };
    expectSuccess(await scenario.run({ host: 'cli', inputs: { command: 'sign', ...inputs } }));

    const dry = await revoke('cli', { ...inputs, 'dry-run': 'true' });
    expectSuccess(dry);
    expect(dry.outputs['still-signed-tags']).toBe('old');

    const result = await revoke('action', inputs);
    expectFailure(result, {
      code: 'KEY_NOT_AUTHORIZED',
      message: /old as sha256:/,
      remedy: /key of targets \(key [0-9a-f]{64}\)/,
      outputs: { 'revoked-tags': 'old', 'still-signed-tags': 'old', 'key-id': anyText },
    });
    expect(result.output).toContain(digest);
    await expectSigned(scenario, repository, { tags: ['old'], digest });

    const repositoryKey = await scenario.vault.secret(await owner.keyFile('targets'));
    const rest = await revoke('task', {
      ...inputs,
      'signing-key': repositoryKey,
      'signing-key-passphrase': passphrases.other,
    });
    expectSuccess(rest);
    expect(rest.outputs['still-signed-tags']).toBe('');
    await expectRevoked(repository, ['old']);
  });
});
