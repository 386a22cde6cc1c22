/** Images that a consumer verifies by their Notary Project signatures: ours, and those of notation. */
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { goodSubject, makeChain } from '../../notation/make-chain.js';
import { pem } from '../../azure-emulation/crypto/certificate.js';
import { trustIn } from '../../judges/notation.js';
import { uniqueName } from '../../stack/index.js';
import { expectSuccess } from '../expectations.js';
import { pushUnsigned } from '../main-job/unsigned-tag.js';
import { setUp } from '../set-up.js';
import {
  expectNotVerified,
  expectVerified,
  pushImage,
  verify,
  type PushedImage,
} from '../verify/signed.js';
import { prepareNotaryProject } from './certificates.js';

const { stack, scenario } = await setUp();
const { reader, registry, signer, vault } = scenario;
const { makeCertificate, subject } = await prepareNotaryProject(scenario);
const release = await makeCertificate();
const [certificate = ''] = release.chain;
const { chain, key } = await makeChain();
const [, , root = ''] = chain.map((der) => pem('CERTIFICATE', der));

/** Signs the tag 1.0 with the product, and with the certificate in the vault. */
async function sign({ repository }: PushedImage): Promise<void> {
  const result = await scenario.run({
    host: 'cli',
    inputs: {
      command: 'sign',
      repository,
      tags: '1.0',
      signatures: 'notary-project',
      'signing-key': release.url,
    },
  });
  expectSuccess(result);
}

/** Signs with notation, by an authority of its own. */
async function signWithNotation({ gun, digest }: PushedImage, mediaType: string): Promise<void> {
  const [signed] = await stack.askNotation([
    {
      kind: 'sign',
      reference: `${gun}@${digest}`,
      ...signer.login,
      mediaType,
      key: String(key.export({ type: 'pkcs8', format: 'pem' })),
      chain: chain.map((der) => pem('CERTIFICATE', der)).join(''),
    },
  ]);
  expect(signed).toMatchObject({ accepted: true });
}

/** notation's files, which trust the certificate in the vault for one repository. */
async function notationFiles(gun: string) {
  const folder = path.join(stack.info.folder, uniqueName('notation'));
  const { policy, trustStore } = trustIn(certificate, subject, gun);
  for (const [store, files] of Object.entries(trustStore)) {
    await mkdir(path.join(folder, 'x509', store), { recursive: true });
    for (const [name, text] of Object.entries(files)) {
      await writeFile(path.join(folder, 'x509', store, name), text);
    }
  }
  const file = path.join(folder, 'trustpolicy.json');
  await writeFile(file, JSON.stringify(policy));
  return { 'trust-policy': file, 'trust-store': folder };
}

const notaryProject = { signatures: 'notary-project' };
const ours = { ...notaryProject, 'trusted-certificate': certificate };
const theirs = { 'trusted-certificate': root, 'trusted-identity': goodSubject };

describe('a signature of ours', () => {
  it('is accepted on each host, and only for the tag that it names', async () => {
    const image = await pushImage(scenario);
    await sign(image);
    const tagged = { ...ours, images: image.ref, 'require-signed-tag': 'true' };
    expectVerified(await verify(scenario, { host: 'cli', inputs: tagged }), [image]);
    // The certificate where it is kept: whoever verifies needs no copy of it.
    const role = 'Key Vault Certificate User';
    await stack.azure.assignRole({ principalId: reader.clientId, role, scope: vault.id });
    const inVault = { ...tagged, 'trusted-certificate': release.url };
    const result = await verify(scenario, { host: 'action', inputs: inVault });
    expectVerified(result, [image]);
    expect(result.output).toMatch(new RegExp(`${release.url} {2}.*SHA-256 \\w{64}`));
    const byPolicy = {
      ...notaryProject,
      images: image.ref,
      ...(await notationFiles(image.gun)),
    };
    expectVerified(await verify(scenario, { host: 'task', inputs: byPolicy }), [image]);

    const moved = await pushUnsigned(scenario, image.repository, '2.0', `${image.repository}:1.0`);
    expect(moved).toBe(image.digest);
    const inputs = { ...tagged, images: `${image.gun}:2.0` };
    expectNotVerified(await verify(scenario, { host: 'task', inputs }), {
      code: 'SIGNATURE_REJECTED',
      message: /it lacks the metadata tag:2\.0=/,
    });
  });

  it('is found among those of others, and not believed if its bytes changed', async () => {
    const image = await pushImage(scenario);
    await signWithNotation(image, 'application/jose+json');
    await sign(image);
    const inputs = { ...ours, images: image.ref };
    const result = await verify(scenario, { host: 'action', inputs });
    expectVerified(result, [image]);
    expect(result.output).toMatch(/sha256:\w{64} is rejected: no certificate of its chain/);
    const [, accepted = ''] = /(sha256:\w{64}) is accepted/.exec(result.output) ?? [];
    const manifest = await stack.manifest(image.repository, accepted);
    const { layers } = JSON.parse(Buffer.from(manifest?.content ?? '', 'base64').toString()) as {
      readonly layers: readonly [{ readonly digest: string }];
    };
    await stack.failNext({
      target: `${registry.loginServer}/v2/${image.repository}/blobs/${layers[0].digest}`,
      method: 'GET',
      times: 1,
      failure: { kind: 'answer', status: 200, body: 'other bytes' },
    });
    expectNotVerified(await verify(scenario, { host: 'cli', inputs }), {
      code: 'SIGNATURE_REJECTED',
      message: /has other bytes/,
    });
  });
});

describe('a signature of notation', () => {
  it.each([
    ['with', 'application/jose+json', false],
    ['without', 'application/cose', true],
  ] as const)(
    'is accepted from a registry %s the referrers API, in %s',
    async (_, mediaType, customerManagedKey) => {
      const { loginServer } = registry;
      await stack.azure.updateRegistry(loginServer, { customerManagedKey });
      try {
        const image = await pushImage(scenario);
        await signWithNotation(image, mediaType);
        const inputs = { ...theirs, signatures: 'either', images: image.ref };
        expectVerified(await verify(scenario, { host: 'cli', inputs }), [image]);
        const other = { ...inputs, 'trusted-identity': 'C=US, ST=WA, O=ACME, CN=other' };
        expectNotVerified(await verify(scenario, { host: 'cli', inputs: other }), {
          code: 'SIGNATURE_REJECTED',
          message: /is not a trusted identity/,
        });
      } finally {
        await stack.azure.updateRegistry(loginServer, { customerManagedKey: false });
      }
    },
  );
});
