/** What inspect shows of Notary Project signatures, beside content trust and without it. */
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { signatureStore } from '../../src/access/index.js';
import { signImage, type ChainSigner } from '../../src/notation/index.js';
import { createRegistryClient } from '../../src/registry/index.js';
import { formatPem } from '../../src/signing/index.js';
import { goodSubject } from '../notation/make-chain.js';
import { makeSigner } from '../notation/make-signer.js';
import {
  host,
  reply,
  reportOf,
  startRegistryScenario,
  type RegistryScenario,
} from './support/registry-scenario.js';

const repository = 'app';
const gun = `${host}/${repository}`;
let scenario: RegistryScenario;
let signer: ChainSigner;
let digest: string;
let signature: string;

beforeAll(async () => {
  [scenario, signer] = await Promise.all([startRegistryScenario(), makeSigner(new Date())]);
  const { chain } = signer.chain;
  const root = formatPem('CERTIFICATE', (chain.at(-1) ?? chain[0]).der);
  await writeFile(path.join(scenario.folder, 'trusted.pem'), root);
  digest = scenario.push(repository, ['both', 'alone']);
  scenario.push(repository, ['plain'], 'other content');
  const signed = await scenario.run('sign', { registry: host, repository, tags: 'both' });
  expect(signed.failure).toBeUndefined();
  const token = (scope: string) => Promise.resolve(scope);
  const access = { host, http: scenario.answerTo, token, repository };
  const manifest = await createRegistryClient(access).getManifest(repository, digest);
  const made = await signImage(signatureStore(access), signer, {
    target: { mediaType: manifest?.mediaType ?? '', digest, size: manifest?.length ?? 0 },
    metadata: { 'tag:both': gun, 'tag:other': `${host}/elsewhere`, build: '7' },
    format: 'cose',
    lifetimeMs: 86_400_000,
    agent: 'test/1',
    now: () => new Date(),
  });
  signature = made.digest;
});
afterAll(() => scenario.close());

const inspect = (inputs: Readonly<Record<string, string>> = {}) =>
  scenario.run('inspect', { registry: host, repository, ...inputs });

describe('the Notary Project signatures of a repository', () => {
  it('are shown beside content trust as what they claim', async () => {
    const ran = await inspect();
    expect(ran.failure).toBeUndefined();
    const found = {
      signatures: [
        {
          signature,
          signer: 'C=US,ST=WA,O=ACME,CN=signer',
          format: 'cose',
          tags: ['both'],
          verdict: 'not judged',
        },
      ],
      unread: 0,
    };
    expect(await reportOf(ran)).toMatchObject({
      repositories: [
        {
          tags: [{ tag: 'both', notaryProject: found }],
          unsignedTags: [
            { tag: 'alone', digest, notaryProject: found },
            { tag: 'plain', notaryProject: { signatures: [], unread: 0 } },
          ],
        },
      ],
    });
    const log = ran.lines.join('\n');
    expect(log).toMatch(
      /both +sha256:\w+ .* same +1: C=US,ST=WA,O=ACME,CN=signer, cose, tag both, until \d{4}-\d\d-\d\d, not judged/,
    );
    expect(log).toMatch(/UNSIGNED TAG\s+plain/);
    expect(log).toMatch(/TAG WITHOUT CONTENT TRUST .*\s+alone +sha256:/);
    // The tag that lists the signatures is not the tag of an image.
    expect(log).not.toContain('sha256-');
    expect(ran.summary).toContain('Unsigned tags: `plain`');
  });

  it('are judged where somebody is trusted', async () => {
    const trusting = { 'trusted-certificate': 'trusted.pem', 'trusted-identity': goodSubject };
    const accepted = await inspect(trusting);
    expect(accepted.lines.join('\n')).toContain(', accepted');
    const rejected = await inspect({ ...trusting, 'trusted-identity': 'C=US, ST=WA, O=Other' });
    expect(await reportOf(rejected)).toMatchObject({
      repositories: [{ tags: [{ notaryProject: { signatures: [{ verdict: 'rejected' }] } }] }],
    });
    const unknown = await inspect({ 'trusted-identity': goodSubject });
    expect(unknown.failure).toMatchObject({ code: 'INPUT_MISSING' });
  });

  it('that cannot be listed are said not to be known, and hide nothing else', async () => {
    scenario.answerWith(({ url }) =>
      url.includes('/referrers/') ? Promise.resolve(reply(403, '')) : undefined,
    );
    const ran = await inspect();
    scenario.answerWith(() => undefined);
    expect(ran.failure).toBeUndefined();
    expect(ran.warnings.join('\n')).toContain(`signatures of ${gun}@${digest} are not known`);
    expect(await reportOf(ran)).toMatchObject({
      repositories: [{ tags: [{ tag: 'both', notaryProject: { error: {} } }] }],
    });
  });
});
