import { createHash, createPublicKey, X509Certificate } from 'node:crypto';
import fc from 'fast-check';
import { flattenedVerify, type FlattenedJWSInput } from 'jose';
import { describe, expect, it } from 'vitest';
import { openEnvelope, payloadOf, readEnvelope } from '../../src/notation/envelope/index.js';
import {
  anchorsOf,
  envelopeMediaTypes,
  makeTrustPolicy,
  prepareSignature,
  prepareSigningChain,
  readAnchors,
  RuleError,
  verifySignature,
  type EnvelopeFormat,
  type VerifyingStatement,
} from '../../src/notation/index.js';
import { readChain } from '../../src/notation/certificates/index.js';
import { corpusCases, fixture, nobodyToAsk, recordedAt } from './corpus.js';
import { keyKinds, makeChain, signWith } from './make-chain.js';

const formats = ['jws', 'cose'] as const satisfies readonly EnvelopeFormat[];
const agent = 'acr-content-trust/1.1.0';
const signingTime = new Date('2026-06-01T12:00:00Z');
const target = {
  mediaType: 'application/vnd.oci.image.manifest.v1+json',
  digest: 'sha256:163c26ad24996f136f009740eb14f5d1a5113c51e4b1553dd45d6996a56b1ff1',
  size: 395,
  annotations: {},
};

function recorded(id: string) {
  const example = corpusCases.find((one) => one.id.startsWith(id));
  if (!example) throw new Error(`no case ${id}`);
  const bytes = Buffer.from(example.envelope, 'base64');
  return { example, bytes, envelope: readEnvelope(example.mediaType, bytes) };
}

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

/** What every envelope of these examples has in common. */
function written(format: EnvelopeFormat, id: string) {
  const { envelope, bytes } = recorded(id);
  const { algorithm, chain, payload, expiry } = envelope;
  const opened = openEnvelope(format, {
    algorithm,
    chain,
    agent: envelope.agent ?? '',
    expiry,
    scheme: 'notary.x509',
    signingTime: envelope.signingTime,
    payload: payloadOf(payload),
  });
  return { ...opened, envelope, bytes };
}

describe('an envelope that we write', () => {
  it('signs the bytes of the examples', () => {
    const inputOf = (format: EnvelopeFormat, id: string): string =>
      sha256(written(format, id).signingInput);
    expect(inputOf('jws', '007')).toBe(
      'cf5d002938f07e155f992b0fa8a1fe94f700f45ad7a3bc7ef1dfaf11af2d3dec',
    );
    expect(inputOf('jws', '001')).toBe(
      'a6e0fb7ccd62ece47a01e63d305cbdafcc6e9b408ae649f3632dd787aa1f6778',
    );
    // The payload and the time of the example, with the key of another case.
    const { algorithm, chain } = recorded('007').envelope;
    const payload = payloadOf(target);
    const parts = { algorithm, chain, agent, payload, signingTime, expiry: undefined } as const;
    const { signingInput } = openEnvelope('cose', { ...parts, scheme: 'notary.x509' });
    expect(signingInput).toHaveLength(345);
    expect(sha256(signingInput)).toBe(
      '7c432aa8f1ee32be4a5779fc81d6299b06483c95fd0018b04c437cf5b6ee0951',
    );
  });

  it.each([
    ['jws', '001'],
    ['jws', '003'],
    ['cose', '004'],
    ['cose', '006'],
    ['jws', '007'],
    ['jws', '009'],
    ['cose', '010'],
    ['cose', '012'],
    ['jws', '013'],
    ['jws', '015'],
    ['cose', '016'],
    ['cose', '156'],
  ] as const)('equals the recorded one byte for byte: %s %s', (format, id) => {
    const { close, envelope, bytes } = written(format, id);
    expect(close(envelope.signature, envelope.timestamp).toString('latin1')).toBe(
      bytes.toString('latin1'),
    );
  });

  describe.each(keyKinds)('with a key %s', (kind) => {
    it.each(formats)('as %s is accepted by our own verification', async (format) => {
      const { chain, key } = await makeChain({ kind });
      const [leaf = Buffer.alloc(0), ...others] = chain;
      const signer = prepareSigningChain('made', leaf, others, recordedAt);
      const annotations = { 'io.acme.tags': 'v1,v1.2' };
      const pending = prepareSignature({
        format,
        signer,
        agent,
        signingTime,
        target: { ...target, annotations },
      });
      expect(sha256(pending.digest)).toBe(
        sha256(createHash(pending.algorithm.hash).update(pending.input).digest()),
      );
      const bytes = pending.finish(signWith(key, pending.algorithm, pending.input)).close();
      const { policy, store } = makeTrustPolicy({
        certificates: readChain(chain).slice(-1),
        identities: ['C=US, ST=WA, O=ACME'],
        scopes: ['*'],
        level: 'strict',
        timestampRoots: [],
        verifyTimestamp: 'always',
      });
      const statement = policy[0] as VerifyingStatement;
      const verdict = await verifySignature({
        mediaType: envelopeMediaTypes[format],
        bytes,
        target,
        statement,
        anchors: anchorsOf(statement, store),
        metadata: annotations,
        now: recordedAt,
        checkRevocation: nobodyToAsk,
      });
      expect(verdict).toMatchObject({ isAccepted: true, noted: [] });
    });
  });

  it('is a JWS that another library verifies', async () => {
    const { chain, key } = await makeChain();
    const [leaf = Buffer.alloc(0), ...others] = chain;
    const signer = prepareSigningChain('made', leaf, others, recordedAt);
    const expiry = new Date('2027-01-01T00:00:00Z');
    const order = { format: 'jws', signer, agent, signingTime, target, expiry } as const;
    const pending = prepareSignature(order);
    const bytes = pending.finish(signWith(key, pending.algorithm, pending.input)).close();
    const jws = JSON.parse(bytes.toString()) as FlattenedJWSInput;
    const crit = {
      'io.cncf.notary.signingScheme': true,
      'io.cncf.notary.expiry': true,
    };
    const publicKey = createPublicKey(
      new X509Certificate(leaf).publicKey.export({ type: 'spki', format: 'pem' }),
    );
    const { payload, protectedHeader } = await flattenedVerify(jws, publicKey, { crit });
    expect(Buffer.from(payload)).toEqual(payloadOf(target));
    expect(protectedHeader).toMatchObject({ 'io.cncf.notary.expiry': '2027-01-01T00:00:00Z' });
  });

  it('is not finished with a signature that does not verify', async () => {
    const [{ chain }, other] = await Promise.all([makeChain(), makeChain()]);
    const [leaf = Buffer.alloc(0), ...others] = chain;
    const signer = prepareSigningChain('made', leaf, others, recordedAt);
    const order = { format: 'cose', signer, agent, signingTime, target } as const;
    const { finish, algorithm, input } = prepareSignature(order);
    expect(() => finish(signWith(other.key, algorithm, input))).toThrow(
      expect.objectContaining({ code: 'SIGNATURE_INVALID' }),
    );
  });

  it('takes no metadata under a reserved name', () => {
    const annotations = { 'io.cncf.notary.x': '1' };
    expect(() => payloadOf({ ...target, annotations })).toThrow(RuleError);
  });
});

describe('an envelope made by notation', () => {
  interface Listed {
    readonly file: string;
    readonly mediaType: string;
    readonly target: { readonly mediaType: string; readonly digest: string; readonly size: number };
    readonly annotations: Readonly<Record<string, string>>;
  }
  const { envelopes } = JSON.parse(fixture('notation-made/index.json').toString()) as {
    readonly envelopes: readonly Listed[];
  };

  it.each(envelopes)('is accepted: $file', async ({ file, mediaType, target, annotations }) => {
    const isStamped = file.includes('-ts.');
    const { policy, store } = makeTrustPolicy({
      certificates: readAnchors('ca', 'ca-root.pem', fixture('notation-made/ca-root.pem')),
      identities: ['*'],
      scopes: ['*'],
      level: 'strict',
      timestampRoots: isStamped
        ? readAnchors('tsa', 'tsa-root.pem', fixture('notation-made/tsa-root.pem'))
        : [],
      verifyTimestamp: 'always',
    });
    const statement = policy[0] as VerifyingStatement;
    const verdict = await verifySignature({
      mediaType,
      bytes: fixture(`notation-made/${file}`),
      target,
      statement,
      anchors: anchorsOf(statement, store),
      metadata: annotations,
      now: new Date('2026-11-28T20:00:00Z'),
      checkRevocation: nobodyToAsk,
    });
    expect(verdict).toMatchObject({ isAccepted: true, noted: [] });
    if (verdict.isAccepted) expect(verdict.timestamp === undefined).toBe(!isStamped);
  });

  it('is of all keys, in both formats, with and without a time stamp', () => {
    expect(envelopes).toHaveLength(16);
  });
});

describe('reading an envelope', () => {
  const samples = {
    jws: recorded('013').bytes,
    cose: recorded('156').bytes,
  };
  const readOrRule = (format: EnvelopeFormat, bytes: Uint8Array): unknown => {
    try {
      return readEnvelope(envelopeMediaTypes[format], bytes);
    } catch (error) {
      if (error instanceof RuleError) return error;
      throw error;
    }
  };

  it.each(formats)('fails with a rule for whatever %s is cut off', (format) => {
    const bytes = samples[format];
    fc.assert(
      fc.property(fc.nat(bytes.length - 1), (length) => {
        expect(readOrRule(format, bytes.subarray(0, length))).toBeInstanceOf(RuleError);
      }),
    );
  });

  it.each(formats)('never fails otherwise for %s with other bytes', (format) => {
    const bytes = samples[format];
    fc.assert(
      fc.property(fc.nat(bytes.length - 1), fc.integer({ min: 1, max: 255 }), (at, change) => {
        const mutated = Buffer.from(bytes);
        mutated[at] = (mutated[at] ?? 0) ^ change;
        expect(readOrRule(format, mutated)).toBeDefined();
      }),
    );
  });

  it.each(formats)('never fails otherwise for any bytes that should be %s', (format) => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        expect(readOrRule(format, bytes)).toBeInstanceOf(RuleError);
      }),
    );
  });

  it.each(formats)('gives back what was written as %s', (format) => {
    const { algorithm, chain } = recorded('007').envelope;
    const time = fc.integer({ min: 0, max: 4_000_000_000 }).map((seconds) => seconds * 1000);
    const text = fc.string({ unit: 'binary', maxLength: 12 });
    const names = text.filter((name) => name !== '' && !/\p{Surrogate}/u.test(name));
    fc.assert(
      fc.property(
        fc.record({
          annotations: fc.dictionary(
            names,
            text.filter((value) => !/\p{Surrogate}/u.test(value)),
          ),
          size: fc.nat(),
          from: time,
          lasts: fc.option(fc.integer({ min: 1, max: 1_000_000 })),
          signature: fc.uint8Array({ maxLength: 600 }),
          timestamp: fc.option(fc.uint8Array({ minLength: 1, maxLength: 99 }), { nil: undefined }),
        }),
        ({ annotations, size, from, lasts, signature, timestamp }) => {
          const expiry = lasts === null ? undefined : new Date(from + lasts * 1000);
          const { close, signingInput } = openEnvelope(format, {
            algorithm,
            chain,
            agent,
            scheme: 'notary.x509',
            signingTime: new Date(from),
            expiry,
            payload: payloadOf({ ...target, size, annotations }),
          });
          const envelope = readEnvelope(envelopeMediaTypes[format], close(signature, timestamp));
          expect(envelope).toMatchObject({
            format,
            algorithm,
            agent,
            signingInput,
            expiry,
            signingTime: new Date(from),
            payload: { ...target, size },
          });
          expect(Object.entries(envelope.payload.annotations).sort()).toEqual(
            Object.entries(annotations).sort(),
          );
          expect(envelope.signature).toEqual(Buffer.from(signature));
          expect(envelope.timestamp).toEqual(timestamp && Buffer.from(timestamp));
        },
      ),
      { numRuns: 60 },
    );
  });

  const jws = samples.jws.toString();
  it.each([
    ['a member twice', jws.replace('{"payload"', '{"signature":"AA","payload"')],
    ['a member of another name', jws.replace('{"payload"', '{"x":1,"payload"')],
    ['bytes after its end', `${jws}{}`],
    ['standard base64', jws.replace(/"protected":"(.)/, '"protected":"+$1')],
    ['a header in both places', jws.replace('"header":{', '"header":{"alg":"ES256",')],
    ['a header in another case', jws.replace('"header":{', '"header":{"X5C":[],')],
    ['certificates without padding', jws.replace(/=+"/, '"')],
  ])('refuses JWS with %s', (_, text) => {
    expect(text).not.toBe(jws);
    expect(readOrRule('jws', Buffer.from(text))).toBeInstanceOf(RuleError);
  });

  const cose = samples.cose.toString('hex');
  it.each([
    ['without its tag', cose.slice(2)],
    ['with bytes after its end', `${cose}00`],
    ['with an array of indefinite length', cose.replace(/^d284/, 'd29f').concat('ff')],
    ['with a length that is not the shortest', cose.replace(/^d284/, 'd29804')],
    ['with a tag that is not the shortest', cose.replace(/^d2/, 'd812')],
    ['with five parts', cose.replace(/^d284/, 'd285').concat('00')],
    ['with a label twice', cose.replace(/a3182183/, 'a418210018218 3'.replace(' ', ''))],
  ])('refuses COSE %s', (_, hex) => {
    expect(hex).not.toBe(cose);
    expect(readOrRule('cose', Buffer.from(hex, 'hex'))).toBeInstanceOf(RuleError);
  });

  it('refuses any other media type', () => {
    expect(() => readEnvelope('application/json', samples.jws)).toThrow(RuleError);
  });
});
