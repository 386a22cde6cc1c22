import { beforeAll, describe, expect, it } from 'vitest';
import { TrustError } from '../../src/errors.js';
import {
  readCertificate,
  requestTimestamp,
  signImage,
  type ChainSigner,
  type ImageOrder,
  type Timestamper,
} from '../../src/notation/index.js';
import { createTimestampAuthority, stampToken } from '../azure-emulation/timestamp/authority.js';
import { makeSigner } from './make-signer.js';
import { makeStore } from './make-store.js';

const target = {
  mediaType: 'application/vnd.oci.image.manifest.v1+json',
  digest: `sha256:${'ab'.repeat(32)}`,
  size: 395,
};
const order: ImageOrder = {
  target,
  metadata: { 'tag:1': 'contoso.azurecr.io/team/app' },
  format: 'cose',
  lifetimeMs: undefined,
  agent: 'test/1',
  now: () => new Date('2026-06-01T12:00:00.400Z'),
};
let signer: ChainSigner;
let other: ChainSigner;

beforeAll(async () => {
  signer = await makeSigner(order.now());
  other = await makeSigner(order.now());
});

describe('an image', () => {
  it.each(['cose', 'jws'] as const)(
    'is signed once in %s, however often it is asked for',
    async (format) => {
      const { store, stored } = makeStore();
      const first = await signImage(store, signer, { ...order, format });
      expect(first).toMatchObject({ isNew: true, expiry: undefined });
      expect(stored.get(first.digest)?.mediaType).toBe(
        format === 'cose' ? 'application/cose' : 'application/jose+json',
      );
      const again = await signImage(store, signer, { ...order, format });
      expect(again).toEqual({ ...first, isNew: false });
      expect(stored.size).toBe(1);
    },
  );

  it.each([
    ['another certificate', () => ({ by: other })],
    ['another tag', () => ({ metadata: { 'tag:2': 'contoso.azurecr.io/team/app' } })],
    ['an expiry', () => ({ lifetimeMs: 86_400_000 })],
  ] as const)('is signed anew for %s', async (_, change) => {
    const { store, stored } = makeStore();
    const first = await signImage(store, signer, order);
    const { by = signer, ...changed }: Partial<ImageOrder> & { by?: ChainSigner } = change();
    const second = await signImage(store, by, { ...order, ...changed });
    expect(second.isNew).toBe(true);
    expect([...stored.keys()]).toEqual([first.digest, second.digest]);
  });

  it('is signed anew when its signature has expired', async () => {
    const { store } = makeStore();
    const short = { ...order, lifetimeMs: 3_600_000 };
    const first = await signImage(store, signer, short);
    expect(first.expiry).toEqual(new Date('2026-06-01T13:00:00Z'));
    const later = () => new Date('2026-06-01T13:00:00Z');
    expect(await signImage(store, signer, { ...short, now: later })).toMatchObject({ isNew: true });
  });

  it('is signed though others attached what cannot be read', async () => {
    const { store, stored } = makeStore();
    stored.set('sha256:0', { mediaType: 'application/cose', bytes: Buffer.from('junk') });
    expect(await signImage(store, signer, order)).toMatchObject({ isNew: true });
  });

  it.each([true, false])(
    'is read only if the list may name its certificate (%s)',
    async (named) => {
      const { store, annotated, read } = makeStore();
      const { digest } = await signImage(store, signer, order);
      if (!named) annotated.clear();
      read.length = 0;
      const second = await signImage(store, other, order);
      expect(read).toEqual(named ? [second.digest] : [digest, second.digest]);
    },
  );

  it('is not called signed where the registry serves another signature', async () => {
    const { store } = makeStore();
    const read = () => Promise.resolve({ mediaType: 'application/cose', bytes: Buffer.from('x') });
    await expect(signImage({ ...store, read }, signer, order)).rejects.toMatchObject({
      code: 'READ_BACK_FAILED',
    });
  });

  describe('that must have a time stamp', () => {
    const authority = createTimestampAuthority(order.now());
    /** The object identifier of signed data, after the header of the token. */
    const tokenBegins = Buffer.from('06092a864886f70d010702', 'hex');
    const timestamper: Timestamper = {
      roots: [readCertificate(authority.root)],
      stamp: (algorithm, signature) => {
        const { body } = requestTimestamp(algorithm, signature);
        const reply = stampToken(authority, body, order.now());
        return Promise.resolve(reply.subarray(reply.indexOf(tokenBegins) - 4));
      },
    };

    it('is signed again unless it has one by this authority, and once then', async () => {
      const { store, stored } = makeStore();
      await signImage(store, signer, order);
      const stamped = await signImage(store, signer, { ...order, timestamper });
      const stampedAt = new Date('2026-06-01T12:00:00Z');
      expect(stamped).toMatchObject({ isNew: true, stampedAt });
      const again = await signImage(store, signer, { ...order, timestamper });
      expect(again).toEqual({ ...stamped, isNew: false });
      const others = createTimestampAuthority(order.now());
      const elsewhere = { ...timestamper, roots: [readCertificate(others.root)] };
      await expect(
        signImage(store, signer, { ...order, timestamper: elsewhere }),
      ).rejects.toMatchObject({ code: 'READ_BACK_FAILED' });
      expect(stored.size).toBe(3);
    });

    it('is not signed at all where the authority gives none', async () => {
      const { store, stored } = makeStore();
      const failed = new TrustError('TIMESTAMP_FAILED', 'down', { remedy: 'wait' });
      const down = { ...timestamper, stamp: () => Promise.reject(failed) };
      await expect(signImage(store, signer, { ...order, timestamper: down })).rejects.toBe(failed);
      expect(stored.size).toBe(0);
    });
  });

  it('has nothing stored where the signature is of another key', async () => {
    const { store, stored } = makeStore();
    const wrong = { ...signer, sign: other.sign };
    await expect(signImage(store, wrong, order)).rejects.toMatchObject({
      code: 'SIGNATURE_INVALID',
    });
    expect(stored.size).toBe(0);
  });
});
