import { describe, expect, it } from 'vitest';
import { readChain, readCertificate } from '../../src/notation/certificates/index.js';
import {
  anchorsOf,
  envelopeLayer,
  makeTrustPolicy,
  readAnchors,
  RuleError,
  signatureArtifactType,
  storedSignature,
  verifySignature,
  type LevelName,
  type RevocationStatus,
  type SignatureToVerify,
  type VerifyingStatement,
} from '../../src/notation/index.js';
import { readEnvelope } from '../../src/notation/envelope/index.js';
import { fixture, nobodyToAsk } from './corpus.js';

const mediaType = 'application/jose+json';
const stamped = fixture('notation-made/p256-ts.jws');
const { payload, chain: chainDer } = readEnvelope(mediaType, stamped);
const { annotations, ...target } = payload;
const chain = readChain(chainDer);

function verify(level: LevelName, overrides: Partial<SignatureToVerify> = {}, isStamped = true) {
  const { policy, store } = makeTrustPolicy({
    certificates: readAnchors('ca', 'ca-root.pem', fixture('notation-made/ca-root.pem')),
    identities: ['*'],
    scopes: ['*'],
    level,
    timestampRoots: isStamped
      ? readAnchors('tsa', 'tsa-root.pem', fixture('notation-made/tsa-root.pem'))
      : [],
    verifyTimestamp: 'always',
  });
  const statement = policy[0] as VerifyingStatement;
  return verifySignature({
    mediaType,
    bytes: stamped,
    target,
    statement,
    anchors: anchorsOf(statement, store),
    metadata: {},
    now: new Date('2026-11-28T20:00:00Z'),
    checkRevocation: nobodyToAsk,
    ...overrides,
  });
}

/** What somebody says of every certificate that is asked about and has this place in its chain. */
const saying =
  (status: RevocationStatus['status'], of: (subject: string) => boolean) =>
  (asked: Parameters<SignatureToVerify['checkRevocation']>[0]) =>
    Promise.resolve(
      asked.slice(0, -1).map((certificate) => ({
        certificate,
        status: of(certificate.subjectText) ? status : ('good' as const),
        detail: 'http://ocsp.test',
      })),
    );

const isSigner = (subject: string): boolean => subject === chain[0].subjectText;

describe('a verdict', () => {
  it('names signer, certificates, time stamp and metadata', async () => {
    expect(await verify('strict', { metadata: annotations })).toMatchObject({
      isAccepted: true,
      noted: [],
      chain: chain.map(({ subjectText, thumbprint }) => ({ subjectText, thumbprint })),
      envelope: { payload },
      timestamp: { chain: expect.any(Array) as unknown },
    });
  });

  it.each([
    ['revoked', 'is revoked (http://ocsp.test)'],
    ['unknown', 'has an unknown revocation status (http://ocsp.test)'],
  ] as const)('is no at strict for a certificate that is %s', async (status, words) => {
    const verdict = await verify('strict', { checkRevocation: saying(status, isSigner) });
    expect(verdict).toMatchObject({ isAccepted: false, check: 'revocation' });
    expect(verdict).toHaveProperty('reason', expect.stringContaining(words));
  });

  it('is yes at permissive nevertheless, and notes it', async () => {
    const checkRevocation = saying('revoked', isSigner);
    expect(await verify('permissive', { checkRevocation }, false)).toMatchObject({
      isAccepted: true,
      noted: [{ check: 'revocation' }],
    });
  });

  it('is no where nobody said anything of a certificate', async () => {
    const checkRevocation = () => Promise.resolve([]);
    expect(await verify('strict', { checkRevocation }, false)).toMatchObject({
      isAccepted: false,
      check: 'revocation',
    });
  });

  it('is no where the authority of the time stamp is revoked, whatever the level of revocation', async () => {
    const checkRevocation = saying('revoked', (subject) => !isSigner(subject));
    const verdict = await verify('strict', { checkRevocation });
    expect(verdict).toMatchObject({ isAccepted: false, check: 'authenticTimestamp' });
  });

  it('asks nobody about revocation where the policy skips it', async () => {
    const statement: VerifyingStatement = {
      name: 'a',
      scopes: ['*'],
      level: {
        authenticity: 'enforce',
        authenticTimestamp: 'enforce',
        expiry: 'enforce',
        revocation: 'skip',
      },
      verifyTimestamp: 'always',
      trustStores: [{ type: 'ca', name: 'a' }],
      identities: 'any',
    };
    const checkRevocation = () => Promise.reject(new Error('nobody asks'));
    expect(await verify('strict', { statement, checkRevocation }, false)).toMatchObject({
      isAccepted: true,
    });
  });

  it('is not made up where revocation could not be found out for a reason of ours', async () => {
    const checkRevocation = () => Promise.reject(new Error('interrupted'));
    await expect(verify('audit', { checkRevocation }, false)).rejects.toThrow('interrupted');
  });

  it.each(['audit', 'permissive', 'strict'] as const)(
    'is no at %s for another manifest or altered bytes',
    async (level) => {
      const other = { ...target, size: target.size + 1 };
      expect(await verify(level, { target: other })).toMatchObject({
        isAccepted: false,
        check: 'target',
      });
      const altered = Buffer.from(stamped.toString().replace('"signature":"', '"signature":"A'));
      expect(await verify(level, { bytes: altered })).toMatchObject({
        isAccepted: false,
        check: 'integrity',
        facts: undefined,
      });
    },
  );

  it('is no for a name of metadata that every object has', async () => {
    const metadata = { constructor: 'x' };
    expect(await verify('strict', { metadata })).toMatchObject({ check: 'metadata' });
  });
});

describe('the manifest of a signature', () => {
  it('equals the one that notation made', () => {
    const made = fixture('notation-made/signature-manifest.json');
    const {
      subject,
      annotations: given,
      layers,
    } = JSON.parse(made.toString()) as {
      readonly subject: { mediaType: string; digest: string; size: number };
      readonly annotations: Readonly<Record<string, string>>;
      readonly layers: readonly { readonly digest: string; readonly size: number }[];
    };
    const thumbprints = Object.values(given)[0] ?? '[]';
    const time = new Date(given['org.opencontainers.image.created'] ?? '');
    const named = (JSON.parse(thumbprints) as readonly string[]).map((thumbprint) => ({
      ...readCertificate(chain[0].der),
      thumbprint,
    }));
    const [first, ...others] = named;
    if (!first) throw new Error('no certificate');
    const envelope = Buffer.alloc(layers[0]?.size ?? 0);
    const stored = storedSignature('jws', envelope, subject, [first, ...others], time);
    const digest = (JSON.parse(stored.manifest.bytes.toString()) as { layers: typeof layers })
      .layers[0]?.digest;
    // The envelope itself is another, of the same length.
    expect(stored.manifest.bytes.toString().replace(digest ?? '', layers[0]?.digest ?? '')).toBe(
      made.toString().trim(),
    );
    expect(stored).toMatchObject({ subject, artifactType: signatureArtifactType });
  });

  it('is of one certificate and one layer', () => {
    const layer = { mediaType, digest: `sha256:${'1'.repeat(64)}`, size: 9 };
    const artifactType = signatureArtifactType;
    expect(envelopeLayer({ artifactType, layers: [layer] })).toBe(layer);
    for (const artifact of [
      { artifactType, layers: [] },
      { artifactType, layers: [layer, layer] },
      { artifactType, layers: [{ ...layer, size: 2 ** 30 }] },
      { artifactType: 'application/x', layers: [layer] },
      { artifactType: undefined, layers: [layer] },
    ]) {
      expect(() => envelopeLayer(artifact)).toThrow(RuleError);
    }
  });
});
