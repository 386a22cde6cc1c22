/** Images signed for Notary Project, and both ways, judged by notation's own library and by Docker. */
import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { expectFailure, expectSigned, expectSuccess, stateOf } from '../expectations.js';
import { pushUnsigned, pushUnsignedIndex } from '../main-job/unsigned-tag.js';
import type { ProductHost } from '../product.js';
import { credentialsOf } from '../scenario.js';
import { setUp } from '../set-up.js';
import { prepareNotaryProject } from './certificates.js';

const { stack, scenario, gunOf } = await setUp();
const { vault, registry } = scenario;
const { makeCertificate, verify } = await prepareNotaryProject(scenario);
const rootKey = await vault.key();

const sign = (
  repository: string,
  tags: string,
  inputs: Readonly<Record<string, string>>,
  host: ProductHost = 'cli',
) => scenario.run({ host, inputs: { command: 'sign', repository, tags, ...inputs } });

/** How many signatures are listed, by the tag or by the API. */
async function countSignatures(repository: string, digest: string): Promise<number> {
  const tag = await stack.manifest(repository, digest.replace(':', '-'));
  const { manifests } = JSON.parse(Buffer.from(tag?.content ?? '', 'base64').toString()) as {
    readonly manifests: readonly object[];
  };
  return manifests.length;
}

describe('an image that is in the registry', () => {
  it.each([
    { host: 'action', format: 'cose', certificate: {} },
    { host: 'task', format: 'jws', certificate: { issuer: 'Unknown' } },
    { host: 'cli', format: 'cose', certificate: { issuer: 'Unknown', kty: 'RSA', size: 3072 } },
  ] as const)(
    'is signed both ways by the $host, in $format',
    async ({ host, format, certificate }) => {
      const repository = scenario.repository();
      const digest = await pushUnsigned(scenario, repository, '1');
      const { url, chain } = await makeCertificate(certificate);
      const inputs = {
        signatures: 'both',
        'signing-key': url,
        'root-key': rootKey,
        'signature-format': format,
        'signed-metadata': 'build=42',
      };
      const result = await sign(repository, '1', inputs, host);
      expectSuccess(result);
      await expectSigned(scenario, repository, { tags: ['1'], digest });
      const metadata = { build: '42', 'tag:1': gunOf(repository) };
      expect(await verify(repository, digest, chain.at(-1) ?? '', metadata)).toMatchObject({
        accepted: true,
        metadata,
      });
      const report = JSON.parse(
        await readFile(result.outputs['trust-report'] ?? '', 'utf8'),
      ) as object;
      expect(report).toMatchObject({
        tags: [{ tag: '1', signed: true }],
        notaryProject: [{ digest, isNew: true, tags: ['1'] }],
      });
      const before = await stateOf(scenario, repository);
      const again = await sign(repository, '1', inputs, host);
      expectSuccess(again);
      expect(again.output).toContain('signed already');
      expect(await stateOf(scenario, repository)).toEqual(before);
    },
  );

  it('is signed for Notary Project alone, by who may not publish trust data', async () => {
    const repository = scenario.repository();
    const digest = await pushUnsigned(scenario, repository, '1');
    const { url, chain } = await makeCertificate({ kty: 'EC', crv: 'P-384' });
    const result = await sign(repository, '1', {
      signatures: 'notary-project',
      'signing-key': url,
      'signature-expiry': '90d',
    });
    expectSuccess(result);
    expect(result.outputs).toMatchObject({ digest, 'signed-tags': '1' });
    expect(result.outputs['key-id']).toBeUndefined();
    expect(await verify(repository, digest, chain[0] ?? '')).toMatchObject({ accepted: true });
    expect(await stack.trustState(gunOf(repository))).toEqual({});
  });

  it.each([true, false])(
    'is signed with its platforms where that is asked for (%s)',
    async (asked) => {
      const repository = scenario.repository();
      const index = await pushUnsignedIndex(scenario, repository, 'multi');
      const { url, chain } = await makeCertificate();
      const result = await sign(repository, 'multi', {
        signatures: 'notary-project',
        'signing-key': url,
        'sign-platforms': String(asked),
      });
      expectSuccess(result);
      const stored = await stack.manifest(repository, index);
      const { manifests } = JSON.parse(Buffer.from(stored?.content ?? '', 'base64').toString()) as {
        readonly manifests: readonly {
          readonly digest: string;
          readonly platform: { readonly os: string };
        }[];
      };
      // What the builder says of an image is listed beside it, and is no image.
      expect(manifests.map(({ platform }) => platform.os).sort()).toEqual([
        'linux',
        'linux',
        'unknown',
        'unknown',
      ]);
      const root = chain[0] ?? '';
      const metadata = { 'tag:multi': gunOf(repository) };
      expect(await verify(repository, index, root, metadata)).toMatchObject({ accepted: true });
      for (const { digest, platform } of manifests) {
        const verdict = await verify(repository, digest, root, metadata);
        expect(verdict).toMatchObject({ accepted: asked && platform.os === 'linux' });
      }
    },
  );

  it('is not signed at all by a certificate that the portal made', async () => {
    const repository = scenario.repository();
    await pushUnsigned(scenario, repository, '1');
    const before = await stateOf(scenario, repository);
    const { url } = await makeCertificate({
      keyUsage: ['digitalSignature', 'keyEncipherment'],
      ekus: ['1.3.6.1.5.5.7.3.1', '1.3.6.1.5.5.7.3.2'],
    });
    const inputs = { signatures: 'both', 'signing-key': url, 'root-key': rootKey };
    const result = await sign(repository, '1', inputs, 'action');
    expectFailure(result, {
      code: 'CERTIFICATE_UNSUITABLE',
      message: /cannot sign images/,
      remedy: /keyEncipherment/,
    });
    expect(await stateOf(scenario, repository)).toEqual(before);
  });

  it('is not signed both ways by a key that Docker Content Trust does not know', async () => {
    const repository = scenario.repository();
    await pushUnsigned(scenario, repository, '1');
    const before = await stateOf(scenario, repository);
    const { url } = await makeCertificate({ kty: 'EC', crv: 'P-384' });
    const inputs = { signatures: 'both', 'signing-key': url, 'root-key': rootKey };
    const result = await sign(repository, '1', inputs);
    expectFailure(result, { code: 'KEY_UNSUITABLE', message: /curve P-384/ });
    expect(await stateOf(scenario, repository)).toEqual(before);
  });

  it('asks for the chain in a file where its secret may not be read', async () => {
    const repository = scenario.repository();
    const digest = await pushUnsigned(scenario, repository, '1');
    const { url, chain } = await makeCertificate({ issuer: 'Unknown' });
    const lesser = await registry.principal('AcrPush');
    for (const role of ['Key Vault Crypto User', 'Key Vault Reader']) {
      await stack.azure.assignRole({ principalId: lesser.clientId, role, scope: vault.id });
    }
    const inputs = {
      ...credentialsOf(lesser),
      signatures: 'notary-project',
      'signing-key': url,
    };
    const refused = await sign(repository, '1', inputs);
    expectFailure(refused, {
      code: 'VAULT_FORBIDDEN',
      message: /in the secret of the certificate/,
      remedy: /certificate-chain/,
    });
    const result = await sign(repository, '1', {
      ...inputs,
      'certificate-chain': chain.slice(1).join(''),
    });
    expectSuccess(result);
    expect(await verify(repository, digest, chain[2] ?? '')).toMatchObject({ accepted: true });
  });

  it('refuses inputs of Notary Project where nothing is signed for it', async () => {
    const repository = scenario.repository();
    const result = await sign(repository, '1', {
      'signing-key': `${vault.url}/certificates/x`,
      'signature-format': 'jws',
    });
    expectFailure(result, { code: 'INPUT_CONFLICT', message: /signature-format/ });
  });
});

describe('in a registry without the referrers API', () => {
  it('none of eight signatures made at once is lost', async () => {
    const { loginServer } = registry;
    await stack.azure.updateRegistry(loginServer, { customerManagedKey: true });
    try {
      const repository = scenario.repository();
      const digest = await pushUnsigned(scenario, repository, '1');
      const { url, chain } = await makeCertificate();
      const runs = Array.from({ length: 8 }, (_, index) =>
        sign(repository, '1', {
          signatures: 'notary-project',
          'signing-key': url,
          'signed-metadata': `run=${index}`,
        }),
      );
      for (const result of await Promise.all(runs)) expectSuccess(result);
      expect(await countSignatures(repository, digest)).toBe(8);
      for (const run of ['0', '7']) {
        expect(await verify(repository, digest, chain[0] ?? '', { run })).toMatchObject({
          accepted: true,
        });
      }
    } finally {
      await stack.azure.updateRegistry(loginServer, { customerManagedKey: false });
    }
  });
});
