import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  parseVerify,
  type VerifyConfiguration,
} from '../../../src/commands/verify/verify-inputs.js';
import { formatPem } from '../../../src/signing/index.js';
import { makeChain } from '../../notation/make-chain.js';
import { parseInputs } from '../support/parse-inputs.js';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'verify-configuration-'));
  await writeFile(path.join(folder, 'list'), 'alpine\ncontoso.azurecr.io/a:1\n');
  const { chain } = await makeChain();
  await writeFile(
    path.join(folder, 'root.pem'),
    formatPem('CERTIFICATE', chain.at(-1) ?? Buffer.of()),
  );
  const policy = {
    version: '1.0',
    trustPolicies: [
      {
        name: 'all',
        registryScopes: ['*'],
        signatureVerification: { level: 'strict' },
        trustStores: ['ca:a'],
        trustedIdentities: ['*'],
      },
    ],
  };
  await writeFile(path.join(folder, 'policy.json'), JSON.stringify(policy));
});
afterAll(() => rm(folder, { recursive: true }));

const configure = (texts: Readonly<Record<string, string>>): Promise<VerifyConfiguration> =>
  parseInputs('verify', parseVerify, texts, folder);

describe('what verify is asked for', () => {
  it('is every image once, with all places that name it', async () => {
    const configuration = await configure({
      images: 'docker.io/library/alpine:latest, b.io/c',
      files: 'list',
      registry: 'contoso.azurecr.io',
      repository: 'a',
      tags: '1, 2',
    });
    expect(configuration.requests.map(({ gun, tag, places }) => [gun, tag, places])).toEqual([
      ['docker.io/library/alpine', 'latest', ['list, line 1']],
      ['b.io/c', 'latest', []],
      ['contoso.azurecr.io/a', '1', ['list, line 2']],
      ['contoso.azurecr.io/a', '2', []],
    ]);
  });

  it('has roles by their full names, and days as numbers', async () => {
    const { policy } = await configure({
      images: 'a',
      'required-signers': 'ci, targets/qa',
      'required-roles': 'targets/releases, targets/ci',
      'max-age': '90',
    });
    expect(policy).toMatchObject({
      requiredRoles: ['targets/ci', 'targets/qa', 'targets/releases'],
      maxAgeDays: 90,
      warnExpiryDays: 30,
    });
  });

  it('has a trust server for the images of one registry', async () => {
    const given = { images: 'a', 'trust-server': 'https://notary.contoso.com' };
    await expect(configure(given)).rejects.toMatchObject({ code: 'INPUT_MISSING' });
    const { trustServer } = await configure({ ...given, registry: 'Registry.contoso.com' });
    expect(trustServer).toEqual({
      registry: 'registry.contoso.com',
      url: 'https://notary.contoso.com',
    });
  });

  it.each([
    ['nothing to verify', {}, 'INPUT_MISSING', /"images" is not set, and nothing else names/],
    ['half of a repository', { tags: '1' }, 'INPUT_MISSING', /"registry".*"repository"/s],
    ['a wrong image', { images: 'a:b:c' }, 'INPUT_INVALID', /"images" cannot be used/],
    ['a file that is not there', { files: 'x.yaml' }, 'INPUT_INVALID', /x\.yaml cannot be read/],
    [
      'nowhere to write to',
      { images: 'a', 'write-digests': 'true' },
      'INPUT_CONFLICT',
      /"write-digests" is set, but there are no files/,
    ],
    [
      'a folder and nothing to write',
      { files: 'list', 'output-directory': 'x' },
      'INPUT_CONFLICT',
      /"output-directory" is set, but "write-digests" is not/,
    ],
    ['a wrong signer', { images: 'a', 'required-signers': 'a b' }, 'INPUT_INVALID', /signers/],
    ['a role without tags', { images: 'a', 'required-roles': 'root' }, 'INPUT_INVALID', /roles/],
    ['days that are none', { images: 'a', 'max-age': '1.5' }, 'INPUT_INVALID', /max-age/],
    ['no days at all', { images: 'a', 'max-age': '0' }, 'INPUT_INVALID', /max-age/],
    ['a wrong pin', { images: 'a', 'trust-pin': 'sha256:12' }, 'INPUT_INVALID', /trust-pin/],
    [
      'a certificate that nothing looks at',
      { images: 'a', 'trusted-certificate': 'x.pem' },
      'INPUT_CONFLICT',
      /"trusted-certificate" is set, and "signatures" is "dct"/,
    ],
    [
      'signers where content trust counts for nothing',
      { images: 'a', signatures: 'notary-project', 'required-signers': 'ci' },
      'INPUT_INVALID',
      /"required-signers" is set, and content trust counts for no image/,
    ],
    [
      'nobody who is trusted',
      { images: 'a', signatures: 'either' },
      'INPUT_MISSING',
      /"trusted-certificate" is not set, and nothing else says/,
    ],
    [
      'a policy and a certificate',
      {
        images: 'a',
        signatures: 'both',
        'trust-policy': 'a.json',
        'trust-store': '.',
        'trusted-certificate': 'x.pem',
      },
      'INPUT_INVALID',
      /"trusted-certificate" is set, and so is "trust-policy"/,
    ],
    [
      'a store without policy',
      { images: 'a', signatures: 'both', 'trust-store': '.' },
      'INPUT_MISSING',
      /"trust-policy" is not set/,
    ],
    [
      'a policy without store',
      { images: 'a', signatures: 'both', 'trust-policy': 'policy.json' },
      'INPUT_MISSING',
      /"trust-store" is not set/,
    ],
    [
      'an authority whose certificates anyone may have',
      { images: 'a', signatures: 'both', 'trusted-certificate': 'root.pem' },
      'INPUT_MISSING',
      /"trusted-identity" is not set, and "trusted-certificate" is of an authority/,
    ],
    [
      'a name without state',
      {
        images: 'a',
        signatures: 'both',
        'trusted-certificate': 'root.pem',
        'trusted-identity': 'C=US, O=ACME',
      },
      'TRUST_POLICY_INVALID',
      /"trusted-identity" cannot be used/,
    ],
    [
      'a file that is no certificate',
      { images: 'a', signatures: 'both', 'trusted-certificate': 'list' },
      'INPUT_INVALID',
      /holds no certificate/,
    ],
    [
      'a kind that is none',
      { images: 'a', 'signatures-by-image': 'a.io/*=docker' },
      'INPUT_INVALID',
      /names no kind of signatures/,
    ],
  ])('is refused with %s', async (_, texts, code, message) => {
    await expect(configure(texts)).rejects.toMatchObject({
      code,
      message: expect.stringMatching(message) as string,
    });
  });
});
