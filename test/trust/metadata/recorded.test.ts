import { describe, expect, it } from 'vitest';
import {
  canonicalForm,
  keyIdOf,
  getOwnProperty,
  parseRoot,
  parseSnapshot,
  parseTargets,
  parseTimestamp,
  rootCertificateFlaw,
  serializeEnvelope,
  verifySignature,
  type Envelope,
  type PublicKey,
} from '../../../src/trust/metadata/index.js';
import { recordedDocuments, type RecordedDocument } from './notary-fixtures.js';

const documents = recordedDocuments();

function parse({ role, text }: RecordedDocument): Envelope {
  const bytes = Buffer.from(text, 'utf8');
  if (role === 'root') return parseRoot(bytes);
  if (role === 'snapshot') return parseSnapshot(bytes);
  if (role === 'timestamp') return parseTimestamp(bytes);
  return parseTargets(bytes, role);
}

/** Every key that any recorded document lists, under the ID it is listed by. */
const keys = new Map<string, PublicKey>();
for (const document of documents) {
  const { signed } = parse(document);
  const listed =
    signed._type === 'Root'
      ? signed.keys
      : signed._type === 'Targets'
        ? signed.delegations.keys
        : {};
  for (const [id, key] of Object.entries(listed)) keys.set(id, key);
}

describe('the documents recorded from Go clients and servers', () => {
  it('are the whole corpus: every role, both back ends, hundreds of files', () => {
    expect(documents.length).toBeGreaterThan(380);
    expect(new Set(documents.map(({ role }) => role))).toContain('targets/releases');
    expect(new Set(documents.map(({ from }) => from.split('/')[0])).size).toBe(3);
  });

  it('list every key under the ID we compute', () => {
    expect(keys.size).toBeGreaterThan(20);
    for (const [id, key] of keys) expect(keyIdOf(key)).toBe(id);
  });

  it('use ecdsa, ed25519 and rsa keys, bare and in certificates', () => {
    const types = new Set([...keys.values()].map(({ keytype }) => keytype));
    expect(types).toEqual(new Set(['ecdsa', 'ecdsa-x509', 'ed25519', 'rsa-x509']));
  });

  it('carry signatures that all verify over the canonical form', () => {
    for (const document of documents) {
      const { canonical, signatures } = parse(document);
      expect(signatures.length, document.from).toBeGreaterThan(0);
      for (const { keyid, method, sig } of signatures) {
        const key = keys.get(keyid);
        expect(key, `${document.from} ${document.role}`).toBeDefined();
        if (key === undefined) continue;
        const isValid = verifySignature(key, method, canonical, Buffer.from(sig, 'base64'));
        expect(isValid, `${document.from} ${document.role}`).toBe(true);
      }
    }
  });

  it('re-serialise byte for byte', () => {
    for (const document of documents) {
      const { signed, signatures, canonical } = parse(document);
      // Go keeps the difference between null and empty; both readings are the same to it and to us.
      const written = document.text.replace(/"(roles|keyids)":null/g, '"$1":[]');
      expect(serializeEnvelope(signed, signatures).toString('utf8'), document.from).toBe(written);
      if (written === document.text) expect(canonicalForm(signed)).toEqual(canonical);
    }
  });

  it('name their roots with certificates of the very GUN', () => {
    const roots = documents.filter(({ role }) => role === 'root');
    expect(roots.length).toBeGreaterThan(30);
    for (const document of roots) {
      const { signed } = parseRoot(Buffer.from(document.text, 'utf8'));
      for (const id of signed.roles.root?.keyids ?? []) {
        const key = getOwnProperty(signed.keys, id);
        expect(key).toBeDefined();
        if (key === undefined) continue;
        const now = new Date('2026-11-24T00:00:00Z');
        expect(rootCertificateFlaw(key, { gun: document.gun, now })).toBeUndefined();
        expect(rootCertificateFlaw(key, { gun: `${document.gun}x`, now })).toMatch(/common name/);
      }
    }
  });
});
