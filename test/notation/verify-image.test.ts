import { beforeAll, describe, expect, it } from 'vitest';
import { TrustError } from '../../src/errors.js';
import { limits } from '../../src/limits.js';
import {
  describeSignatures,
  imageProblem,
  makeTrustPolicy,
  readTrustPolicy,
  signImage,
  verifyImage,
  type ChainSigner,
  type ImageOrder,
  type SignatureStore,
  type SignatureTrust,
} from '../../src/notation/index.js';
import { nobodyToAsk } from './corpus.js';
import { makeSigner } from './make-signer.js';
import { makeStore } from './make-store.js';

const gun = 'contoso.azurecr.io/team/app';
const now = new Date('2026-06-01T12:00:00Z');
const target = {
  mediaType: 'application/vnd.oci.image.manifest.v1+json',
  digest: `sha256:${'ab'.repeat(32)}`,
  size: 395,
};
const order: ImageOrder = {
  target,
  metadata: { 'tag:1': gun },
  format: 'cose',
  lifetimeMs: 3_600_000,
  agent: 'test/1',
  now: () => now,
};
const asked = { metadata: {}, now, checkRevocation: nobodyToAsk };
let signer: ChainSigner;
let other: ChainSigner;

beforeAll(async () => {
  [signer, other] = await Promise.all([makeSigner(now), makeSigner(now)]);
});

function trustIn({ chain: { chain } }: ChainSigner, scopes = ['*']): SignatureTrust {
  const certificates = chain.slice(-1);
  return makeTrustPolicy({
    certificates,
    identities: ['*'],
    scopes,
    level: 'strict',
    timestampRoots: [],
    verifyTimestamp: 'always',
  });
}

const verify = (store: SignatureStore, trust = trustIn(signer), more: Partial<typeof asked> = {}) =>
  verifyImage(store, { gun, target }, trust, { ...asked, ...more });

const listed = (...digests: readonly string[]) =>
  digests.map((digest) => ({ digest, annotations: {} }));

const broken = new TrustError('REGISTRY_UNREACHABLE', 'nobody answers', { remedy: 'Wait.' });

describe('an image', () => {
  it('is accepted for one good signature, whatever else is attached', async () => {
    const { store, stored } = makeStore();
    stored.set('sha256:junk', { mediaType: 'application/cose', bytes: Buffer.from('junk') });
    const foreign = await signImage(store, other, order);
    const own = await signImage(store, signer, order);
    const list = async () => [...listed('sha256:gone', 'sha256:broken'), ...(await store.list(''))];
    const read = (digest: string) =>
      digest === 'sha256:broken' ? Promise.reject(broken) : store.read(digest);
    const verdict = await verify({ ...store, list, read });
    expect(verdict).toMatchObject({
      kind: 'accepted',
      statement: 'trusted',
      unread: 0,
      signatures: [
        { signature: 'sha256:gone', check: 'retrieval', reason: 'nothing is there' },
        { signature: 'sha256:broken', check: 'retrieval', error: broken },
        { signature: 'sha256:junk', check: 'integrity' },
        {
          signature: own.digest,
          isAccepted: true,
          noted: [],
          description: {
            format: 'cose',
            target,
            metadata: { 'tag:1': gun },
            signer: 'C=US,ST=WA,O=ACME,CN=signer',
            signedAt: now,
            expires: new Date('2026-06-01T13:00:00Z'),
            timestamp: undefined,
            agent: 'test/1',
          },
        },
        // Its annotations name nobody who is trusted.
        { signature: foreign.digest, check: 'authenticity', isAccepted: false },
      ],
    });
    expect(imageProblem(gun, verdict)).toBeUndefined();
  });

  it('is rejected with one reason a signature', async () => {
    const { store } = makeStore();
    const { digest } = await signImage(store, other, order);
    const problem = imageProblem(gun, await verify(store));
    expect(problem).toMatchObject({ code: 'SIGNATURE_REJECTED' });
    expect(problem?.message).toBe(
      `${gun} has no Notary Project signature that is accepted: ${digest}: no certificate of its chain is in the trust stores.`,
    );
  });

  it.each([
    ['an expiry', { now: new Date('2026-06-01T13:00:00Z') }, 'expiry'],
    ['metadata', { metadata: { 'tag:1': 'contoso.azurecr.io/other' } }, 'metadata'],
  ])('is rejected for %s', async (_, more, check) => {
    const { store } = makeStore();
    await signImage(store, signer, order);
    const verdict = await verify(store, trustIn(signer), more);
    expect(verdict).toMatchObject({ kind: 'rejected', signatures: [{ check }] });
  });

  it('is a failure of the registry where that alone kept a signature from being read', async () => {
    const { store } = makeStore();
    const list = () => Promise.resolve(listed('sha256:broken'));
    const read = () => Promise.reject(broken);
    expect(imageProblem(gun, await verify({ ...store, list, read }))).toMatchObject({
      code: 'REGISTRY_UNREACHABLE',
      remedy: 'Wait.',
    });
  });

  it('has a bounded number of its signatures looked at, those first that may count', async () => {
    const { store } = makeStore();
    const many = Array.from({ length: limits.signaturesPerImage + 1 }, (_, at) => ({
      digest: `sha256:${at}`,
      annotations: { 'io.cncf.notary.x509chain.thumbprint#S256': '["00"]' },
    }));
    const list = async () => [...many, ...(await store.list(''))];
    const rejected = await verify({ ...store, list });
    expect(rejected).toMatchObject({ kind: 'rejected', unread: 1 });
    expect(rejected.signatures).toHaveLength(limits.signaturesPerImage);
    expect(imageProblem(gun, rejected)?.message).toContain('1 more were not looked at');
    await signImage(store, signer, order);
    expect(await verify({ ...store, list })).toMatchObject({ kind: 'accepted', unread: 2 });
  });

  it('is not verified without signatures, statement or level', async () => {
    const { store } = makeStore();
    expect(imageProblem(gun, await verify(store))).toMatchObject({ code: 'SIGNATURE_MISSING' });
    const uncovered = await verify(store, trustIn(signer, ['contoso.azurecr.io/other']));
    expect(uncovered.kind).toBe('uncovered');
    expect(imageProblem(gun, uncovered)).toMatchObject({ code: 'TRUST_POLICY_INVALID' });
    const text = JSON.stringify({
      version: '1.0',
      trustPolicies: [
        { name: 'open', registryScopes: [gun], signatureVerification: { level: 'skip' } },
      ],
    });
    const policy = readTrustPolicy('policy.json', Buffer.from(text));
    const skipped = await verify(store, { policy, store: new Map() });
    expect(skipped).toMatchObject({ kind: 'skipped', statement: 'open' });
    expect(imageProblem(gun, skipped)).toMatchObject({ code: 'SIGNATURE_MISSING' });
  });

  it('has no verdict where the run was stopped', async () => {
    const { store } = makeStore();
    const list = () => Promise.resolve(listed('sha256:0'));
    const stopped = new TrustError('INTERRUPTED', 'stopped', { remedy: 'Run again.' });
    const read = () => Promise.reject(stopped);
    await expect(verify({ ...store, list, read })).rejects.toBe(stopped);
  });
});

it('tells only the beginning of what nobody vouches for', async () => {
  const { store } = makeStore();
  const long = 'x'.repeat(1_000_000);
  await signImage(store, other, { ...order, metadata: { first: '1', long, last: '2' } });
  const asking = { gun, target: { ...target, mediaType: long } };
  const verdict = await verifyImage(store, asking, trustIn(other), asked);
  expect(verdict).toMatchObject({ signatures: [{ check: 'target' }] });
  expect(JSON.stringify(verdict).length).toBeLessThan(10_000);
  expect(verdict.signatures[0]?.description?.metadata).toEqual({
    first: '1',
    last: '2',
  });
  const accepted = await verify(store, trustIn(other));
  expect(accepted.signatures[0]?.description?.metadata).toEqual({ first: '1', long, last: '2' });
});

it('describes signatures without judging them', async () => {
  const { store, stored } = makeStore();
  const { digest } = await signImage(store, other, order);
  stored.set('sha256:junk', { mediaType: 'application/cose', bytes: Buffer.from('junk') });
  expect(await describeSignatures(store, target.digest)).toMatchObject({
    unread: 0,
    signatures: [
      {
        signature: digest,
        description: { metadata: { 'tag:1': gun }, certificates: [{}, {}, {}] },
      },
      { signature: 'sha256:junk', flaw: expect.any(String) as unknown },
    ],
  });
});
