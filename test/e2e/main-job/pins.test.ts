/** What the root of a repository is held against, and that a wrong root stops a run early. */
import { createHash, createPublicKey, X509Certificate, type JsonWebKey } from 'node:crypto';
import { beforeAll, describe, expect, it } from 'vitest';
import { uniqueName } from '../../stack/index.js';
import { expectFailure, expectSigned, expectSuccess, stateOf } from '../expectations.js';
import type { ProductResult } from '../product.js';
import { setUp } from '../set-up.js';
import { readReport } from './reported.js';
import { issueRoot } from './root-certificates.js';
import { createNotaryOwner, passphrases, writeBeside } from './stock-owners.js';
import { pushByDocker } from './unsigned-tag.js';

const { stack, scenario } = await setUp();
let signingKey: { readonly kid: string; readonly jwk: JsonWebKey };
let rootKey: { readonly kid: string; readonly jwk: JsonWebKey };

beforeAll(async () => {
  const options = { vault: scenario.vault.name, kty: 'EC' } as const;
  signingKey = await stack.azure.createKey({ ...options, name: uniqueName('key') });
  rootKey = await stack.azure.createKey({ ...options, name: uniqueName('root') });
});

/** The ID notary gives a public key: SHA-256 of its canonical JSON (notary tuf/data/keys.go). */
function keyIdOf(jwk: JsonWebKey): string {
  const spki = createPublicKey({ key: jwk, format: 'jwk' }).export({ type: 'spki', format: 'der' });
  const json = `{"keytype":"ecdsa","keyval":{"private":null,"public":"${spki.toString('base64')}"}}`;
  return createHash('sha256').update(json).digest('hex');
}

/** The root certificate as the trust server has it. */
async function rootCertificate(repository: string): Promise<X509Certificate> {
  const state = await stack.trustState(`${scenario.registry.loginServer}/${repository}`);
  const { signed } = JSON.parse(Buffer.from(state.root ?? '', 'base64').toString()) as {
    readonly signed: {
      readonly keys: Record<string, { readonly keyval: { readonly public: string } }>;
      readonly roles: Record<string, { readonly keyids: readonly string[] }>;
    };
  };
  const key = signed.keys[signed.roles.root?.keyids[0] ?? ''];
  return new X509Certificate(Buffer.from(key?.keyval.public ?? '', 'base64'));
}

/** Signs a tag that is there unsigned. */
async function sign(
  repository: string,
  tag: string,
  inputs: Readonly<Record<string, string>>,
): Promise<ProductResult> {
  const own = { command: 'sign', repository, tags: tag, 'signing-key': signingKey.kid };
  return scenario.run({ host: 'cli', inputs: { ...own, ...inputs } });
}

/** A repository that the product initialised with {@link rootKey}, and a further unsigned tag. */
async function initialised(): Promise<string> {
  const repository = scenario.repository();
  await pushByDocker(scenario, repository, 'first');
  expectSuccess(await sign(repository, 'first', { 'root-key': rootKey.kid }));
  await pushByDocker(scenario, repository, 'next');
  return repository;
}

async function expectPinned(
  repository: string,
  result: ProductResult,
  pinnedBy: string,
): Promise<void> {
  expectSuccess(result);
  const report = await readReport(result);
  expect(report.pinnedBy).toBe(pinnedBy);
  expect(report.warnings.join()).not.toContain('trusted on first use');
  const digest = result.outputs.digest ?? '';
  await expectSigned(scenario, repository, { tags: ['next'], digest });
}

describe('a root that is what was pinned', () => {
  it('is known by its key ID, among others', async () => {
    const repository = await initialised();
    const keyId = keyIdOf(rootKey.jwk);
    const pins = `${'0'.repeat(64)}, ${keyId}`;
    const result = await sign(repository, 'next', { 'trust-pin': pins });
    await expectPinned(repository, result, `key ID ${keyId}`);
  });

  it('is known by the fingerprint of its certificate, as openssl prints it', async () => {
    const repository = await initialised();
    const { fingerprint256 } = await rootCertificate(repository);
    const result = await sign(repository, 'next', { 'trust-pin': `sha256:${fingerprint256}` });
    const hex = fingerprint256.replaceAll(':', '').toLowerCase();
    await expectPinned(repository, result, `certificate fingerprint ${hex}`);
  });

  it('is known by the URL of the root key in Key Vault', async () => {
    const repository = await initialised();
    const result = await sign(repository, 'next', { 'trust-pin': rootKey.kid });
    await expectPinned(repository, result, `key ID ${keyIdOf(rootKey.jwk)}`);
  });

  it('is known by the authority that issued its certificate', async () => {
    const repository = scenario.repository();
    const gun = `${scenario.registry.loginServer}/${repository}`;
    const root = await issueRoot(stack, gun, passphrases.root);
    const { trustDir, notary } = await createNotaryOwner(scenario, repository);
    const files = ['--rootkey', root.keyFile, '--rootcert', root.certificateFile];
    await notary('init', gun, ...files);
    await notary('key', 'rotate', gun, 'snapshot', '--server-managed');
    await notary('publish', gun);
    const spki = createPublicKey({ key: signingKey.jwk, format: 'jwk' });
    const pem = spki.export({ type: 'spki', format: 'pem' }).toString();
    const file = await writeBeside(trustDir, 'ci.pem', pem);
    await notary('delegation', 'add', gun, 'targets/releases', file, '--all-paths', '--publish');
    await pushByDocker(scenario, repository, 'next');

    const other = await issueRoot(stack, gun, passphrases.root);
    const before = await stateOf(scenario, repository);
    const refused = await sign(repository, 'next', { 'trust-pin': other.caFile });
    expectFailure(refused, { code: 'TRUST_PIN_MISMATCH', message: /Contoso Signing CA/ });
    expect(await stateOf(scenario, repository)).toEqual(before);

    const result = await sign(repository, 'next', { 'trust-pin': root.caFile });
    await expectPinned(repository, result, 'certificate authority');
  });
});

describe('without a pin', () => {
  it('is held to the root key that the first signing recorded, and says which', async () => {
    const repository = await initialised();
    const result = await sign(repository, 'next', {});
    expectSuccess(result);
    const { pinnedBy = '' } = await readReport(result);
    const [, recorded = ''] = /^key ID ([0-9a-f]{64}), recorded at the /.exec(pinnedBy) ?? [];
    await pushByDocker(scenario, repository, 'third');
    expectSuccess(await sign(repository, 'third', { 'trust-pin': recorded }));
  });
});

describe('a root that is not what was pinned', () => {
  it.each([
    ['key ID', () => Promise.resolve('0'.repeat(64))],
    ['fingerprint', () => Promise.resolve(`sha256:${'0'.repeat(64)}`)],
    ['Key Vault key', () => scenario.vault.key()],
  ])('by its %s stops the run before anything changes', async (_, pin) => {
    const repository = await initialised();
    const before = await stateOf(scenario, repository);
    const inputs = {
      repository,
      tags: 'next',
      context: await stack.makeImageContext(repository),
      'signing-key': signingKey.kid,
      'trust-pin': await pin(),
    };
    const result = await scenario.run({ host: 'action', docker: 'docker20', inputs });
    expectFailure(result, { code: 'TRUST_PIN_MISMATCH', message: new RegExp(repository) });
    expect(result.output).not.toContain('::group::Build');
    expect(await stateOf(scenario, repository)).toEqual(before);
  });

  it('is not made by us either', async () => {
    const repository = scenario.repository();
    await pushByDocker(scenario, repository, 'next');
    const before = await stateOf(scenario, repository);
    const inputs = { 'root-key': rootKey.kid, 'trust-pin': await scenario.vault.key() };
    const result = await sign(repository, 'next', inputs);
    expectFailure(result, { code: 'TRUST_PIN_MISMATCH', message: new RegExp(repository) });
    expect(await stateOf(scenario, repository)).toEqual(before);
    const pinned = { 'root-key': rootKey.kid, 'trust-pin': rootKey.kid };
    await expectPinned(
      repository,
      await sign(repository, 'next', pinned),
      `key ID ${keyIdOf(rootKey.jwk)}`,
    );
  });
});
