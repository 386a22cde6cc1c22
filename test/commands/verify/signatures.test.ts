/** Images that need Notary Project signatures, or either kind: whole runs in this process. */
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { id_ce_cRLDistributionPoints } from '@peculiar/asn1-x509';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ChainSigner } from '../../../src/notation/index.js';
import { distributionPoints } from '../../notation/make-authority.js';
import { goodSubject, goodUsage } from '../../notation/make-chain.js';
import { makeSigner } from '../../notation/make-signer.js';
import {
  host,
  reportOf,
  startRegistryScenario,
  type RegistryScenario,
} from '../support/registry-scenario.js';
import { rootPem, signPushed, type Signing } from '../support/sign-image.js';

let scenario: RegistryScenario;
let signer: ChainSigner;
let foreign: ChainSigner;
const image = (name: string) => `${host}/${name}`;

beforeAll(async () => {
  const now = new Date();
  [scenario, signer, foreign] = await Promise.all([
    startRegistryScenario(),
    makeSigner(now),
    makeSigner(now),
  ]);
  await writeFile(path.join(scenario.folder, 'trusted.pem'), rootPem(signer));
});
afterAll(() => scenario.close());

interface SigningBy extends Signing {
  readonly by?: ChainSigner;
}

/** Signs the image behind a tag. */
const sign = (repository: string, tag: string, { by = signer, ...signing }: SigningBy = {}) =>
  signPushed(scenario, by, repository, tag, signing);

const trusting = {
  signatures: 'notary-project',
  'trusted-certificate': 'trusted.pem',
  'trusted-identity': goodSubject,
};

const verify = (name: string, inputs: Readonly<Record<string, string>> = {}) =>
  scenario.run('verify', { images: image(name), ...trusting, ...inputs });

describe('a Notary Project signature', () => {
  it('verifies an image, whatever else is attached to it, and each other one has its reason', async () => {
    const other = await sign('mixed', '1', { by: foreign });
    const own = await sign('mixed', '1', { lifetimeMs: 86_400_000 });
    const ran = await verify('mixed:1', { 'require-signed-tag': 'true' });
    const report = await reportOf(ran);
    expect(ran.failure).toBeUndefined();
    expect(ran.outputs.images).toMatch(`${image('mixed')}@sha256:`);
    const reason = 'no certificate of its chain is in the trust stores';
    expect(report).toMatchObject({
      images: [
        {
          status: 'verified',
          tags: ['1'],
          roles: [],
          signers: ['C=US,ST=WA,O=ACME,CN=signer'],
          expires: { role: 'signature' },
          problems: [],
          required: 'notary-project',
          found: ['notary-project'],
          notaryProject: {
            verdict: 'accepted',
            statement: 'trusted',
            unread: 0,
            signatures: [
              { signature: own, accepted: true, noted: [], format: 'jws' },
              { signature: other, accepted: false, check: 'authenticity', reason },
            ],
          },
        },
      ],
    });
    expect(ran.lines.join('\n')).toContain(`${other} is rejected: ${reason}`);
    expect(ran.summary).toContain(`${other.slice(0, 19)} is rejected: ${reason}`);
    // The signature ends within the days that are warned of.
    expect(ran.warnings.join()).toContain(`signature of ${image('mixed')} expires on`);
  });

  it.each([
    ['none', {}, undefined, 'SIGNATURE_MISSING', /has no Notary Project signature\./],
    [
      'one of another authority',
      {},
      () => ({ by: foreign }),
      'SIGNATURE_REJECTED',
      /sha256:\w{64}: no certificate of its chain/,
    ],
    [
      'one of another name',
      { 'trusted-identity': 'C=US, ST=WA, O=ACME, CN=other' },
      () => ({}),
      'SIGNATURE_REJECTED',
      /is not a trusted identity/,
    ],
    [
      'one that has expired',
      {},
      () => ({ lifetimeMs: 3_600_000, at: new Date(Date.now() - 7_200_000) }),
      'SIGNATURE_REJECTED',
      /it expired at/,
    ],
    [
      'one of another tag',
      { 'require-signed-tag': 'true' },
      () => ({ named: 'other' }),
      'SIGNATURE_REJECTED',
      /it lacks the metadata tag:1=contoso/,
    ],
    [
      'one without metadata that is demanded',
      { 'required-metadata': 'build=42' },
      () => ({}),
      'SIGNATURE_REJECTED',
      /it lacks the metadata build=42/,
    ],
  ] as const)('is not %s', async (what, inputs, made, code, message) => {
    const repository = `not/${what.replaceAll(' ', '-')}`;
    if (made) await sign(repository, '1', made());
    else scenario.push(repository, ['1']);
    const { failure, exitCode } = await verify(`${repository}:1`, inputs);
    expect(failure).toMatchObject({ code, message: expect.stringMatching(message) as string });
    expect(exitCode).toBe(1);
  });

  it('needs whoever its certificate names for its revocation, unless the check is left out', async () => {
    const points = distributionPoints(id_ce_cRLDistributionPoints, [['http://crl.invalid/a.crl']]);
    const by = await makeSigner(new Date(), { extensions: [goodUsage, points] });
    await writeFile(path.join(scenario.folder, 'revocable.pem'), rootPem(by));
    await sign('revocable', '1', { by });
    const trust = { 'trusted-certificate': 'revocable.pem' };
    const { failure } = await verify('revocable:1', trust);
    expect(failure).toMatchObject({
      code: 'SIGNATURE_REJECTED',
      message: expect.stringMatching(
        /unknown revocation status \(http:\/\/crl\.invalid\/a\.crl: .*HTTP_PROXY.*check-revocation/,
      ) as string,
    });
    const logged = await verify('revocable:1', { ...trust, 'check-revocation': 'log' });
    expect(logged.failure).toBeUndefined();
    expect(logged.warnings.join()).toContain('http://crl.invalid/a.crl');
    const skipped = await verify('revocable:1', { ...trust, 'check-revocation': 'skip' });
    expect(skipped).toMatchObject({ failure: undefined, warnings: [] });
  });

  it('needs no tag where an image is named by its digest', async () => {
    await sign('by-digest', '1', { named: 'other' });
    const digest = scenario.push('by-digest', ['1']);
    const { failure } = await verify(`by-digest@${digest}`, { 'require-signed-tag': 'true' });
    expect(failure).toBeUndefined();
  });

  it('is of an image that the registry must have', async () => {
    const { failure } = await verify('nowhere:1', { 'allow-unsigned': image('*') });
    expect(failure).toMatchObject({ code: 'MANIFEST_NOT_FOUND' });
  });
});

describe('what is unsigned', () => {
  it('is allowed by name, also where only others have signed, and never where a signature is wrong', async () => {
    scenario.push('free/unsigned', ['1']);
    await sign('free/foreign', '1', { by: foreign });
    await sign('free/expired', '1', {
      lifetimeMs: 3_600_000,
      at: new Date(Date.now() - 7_200_000),
    });
    const names = ['free/unsigned:1', 'free/foreign:1', 'free/expired:1'];
    const ran = await scenario.run('verify', {
      ...trusting,
      images: names.map(image).join(','),
      'allow-unsigned': image('free/*'),
    });
    expect(await reportOf(ran)).toMatchObject({
      images: [
        { status: 'allowed-unsigned' },
        { status: 'allowed-unsigned' },
        { status: 'failed', problems: [{ code: 'SIGNATURE_REJECTED' }] },
      ],
    });
  });
});

describe('kinds of signatures', () => {
  beforeAll(async () => {
    for (const name of ['kinds/dct', 'kinds/both']) {
      scenario.push(name, ['1']);
      await scenario.run('sign', { images: image(`${name}:1`) });
    }
    await sign('kinds/both', '1');
    await sign('kinds/notary', '1');
    scenario.push('kinds/none', ['1']);
  });

  it.each([
    ['either', 'dct', undefined, ['dct']],
    ['either', 'notary', undefined, ['notary-project']],
    ['either', 'both', undefined, ['dct', 'notary-project']],
    ['either', 'none', 'TAG_NOT_SIGNED', []],
    ['both', 'both', undefined, ['dct', 'notary-project']],
    ['both', 'dct', 'SIGNATURE_MISSING', ['dct']],
    ['both', 'notary', 'TAG_NOT_SIGNED', ['notary-project']],
    ['notary-project', 'dct', 'SIGNATURE_MISSING', []],
  ] as const)('are %s, for an image with %s: %s', async (signatures, name, code, found) => {
    const ran = await verify(`kinds/${name}:1`, { signatures });
    expect(ran.failure?.code).toBe(code);
    expect(await reportOf(ran)).toMatchObject({ images: [{ required: signatures, found }] });
  });

  it('are told of where one is enough and the other says no', async () => {
    const ran = await verify('kinds/notary:1', { signatures: 'either' });
    expect(await reportOf(ran)).toMatchObject({
      images: [{ status: 'verified', problems: [], dismissed: [{ code: 'TAG_NOT_SIGNED' }] }],
    });
    expect(ran.lines.join('\n')).toContain('is verified by the other kind of signature.');
  });

  it('differ by the name of the image', async () => {
    const ran = await scenario.run('verify', {
      ...trusting,
      images: `${image('kinds/dct:1')},${image('kinds/notary:1')}`,
      signatures: 'dct',
      'signatures-by-image': `${image('kinds/no*')}=notary-project, ${image('gone')}=both`,
    });
    expect(ran.failure).toBeUndefined();
    expect(ran.warnings.join()).toContain(`"${image('gone')}" in signatures-by-image fits none`);
    expect(await reportOf(ran)).toMatchObject({
      images: [{ status: 'verified' }, { required: 'notary-project', status: 'verified' }],
    });
  });

  it('ask for no trust data where only Notary Project counts', async () => {
    const asked: string[] = [];
    scenario.answerWith(({ url }) => {
      asked.push(url);
      return undefined;
    });
    await verify('kinds/notary:1');
    scenario.answerWith(() => undefined);
    expect(asked.filter((url) => url.includes('_trust'))).toEqual([]);
  });

  it('are the same for the images of files', async () => {
    const compose = `services:\n  a:\n    image: ${image('kinds/both:1')}\n  b:\n    image: ${image('kinds/notary:1')}\n`;
    await writeFile(path.join(scenario.folder, 'compose.yaml'), compose);
    const ran = await scenario.run('verify', {
      ...trusting,
      signatures: 'either',
      files: 'compose.yaml',
      'write-digests': 'true',
      'output-directory': 'out',
    });
    expect(ran.failure).toBeUndefined();
    expect(ran.outputs.images?.split('\n')).toHaveLength(2);
    expect(await reportOf(ran)).toMatchObject({ writtenFiles: [expect.any(String)] });
  });
});

describe("notation's own files", () => {
  const statement = {
    name: 'images',
    registryScopes: [image('policy/strict')],
    signatureVerification: { level: 'strict' },
    trustStores: ['ca:release'],
    trustedIdentities: [`x509.subject: ${goodSubject}`],
  };
  const files = { 'trust-policy': 'policy.json', 'trust-store': 'store' };

  beforeAll(async () => {
    const place = path.join(scenario.folder, 'store/x509/ca/release');
    await mkdir(place, { recursive: true });
    await writeFile(path.join(place, 'root.crt'), rootPem(signer));
    await mkdir(path.join(scenario.folder, 'store/x509/ca/link/folder'), { recursive: true });
    const levels = ['strict', 'audit', 'skip', 'link', 'gone'].map((name) => ({
      ...statement,
      name,
      registryScopes: [image(`policy/${name}`)],
      signatureVerification: {
        level: name === 'audit' || name === 'skip' ? name : 'strict',
      },
      ...(name === 'skip'
        ? { trustStores: undefined, trustedIdentities: undefined }
        : name === 'link' || name === 'gone'
          ? { trustStores: [`ca:${name}`] }
          : {}),
    }));
    await writeFile(
      path.join(scenario.folder, 'policy.json'),
      JSON.stringify({ version: '1.0', trustPolicies: levels }),
    );
    for (const { name } of levels) await sign(`policy/${name}`, '1');
    await sign('policy/other', '1');
  });

  const run = (name: string, inputs = {}) =>
    scenario.run('verify', {
      images: image(name),
      signatures: 'notary-project',
      ...files,
      ...inputs,
    });

  it('verify as they do for notation', async () => {
    expect((await run('policy/strict:1')).failure).toBeUndefined();
  });

  it('warn of what their level only logs', async () => {
    const digest = await sign('policy/audit', '1', { by: foreign });
    const ran = await run('policy/audit:1');
    expect(ran.failure).toBeUndefined();
    expect(ran.warnings.join()).toContain(`The signature ${digest} of ${image('policy/audit')}@`);
    expect(ran.warnings.join()).toContain('only logs failures of the check authenticity');
  });

  it.each([
    ['other', 'TRUST_POLICY_INVALID', /no statement of the trust policy is for its repository/],
    ['skip', 'SIGNATURE_MISSING', /the statement "skip" of the trust policy has the level skip/],
    ['link', 'TRUST_POLICY_INVALID', /ca:link holds folder, which is not a file/],
    ['gone', 'TRUST_POLICY_INVALID', /ca:gone cannot be read/],
  ])('verify nothing for %s', async (name, code, message) => {
    const ran = await run(`policy/${name}:1`);
    expect(ran.failure).toMatchObject({ code, message: expect.stringMatching(message) as string });
    expect(ran.outputs.images ?? '').toBe('');
  });

  it('leave out what may be unsigned', async () => {
    const ran = await run('policy/skip:1', { 'allow-unsigned': image('policy/*') });
    expect(ran.failure).toBeUndefined();
    expect(ran.outputs).toMatchObject({ images: '', verified: '0' });
  });
});
