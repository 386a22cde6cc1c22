import { createPublicKey } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parsePin } from '../../src/signing/index.js';
import type { Pin } from '../../src/trust/index.js';
import { RepositoryBuilder, gun, trustFiles } from '../trust/repository-builder.js';
import { rootKey } from '../trust/test-keys.js';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'root-pin-'));
});
afterAll(() => rm(folder, { recursive: true }));

const root = rootKey(gun);
const spki = createPublicKey({ key: root.spki, format: 'der', type: 'spki' });
const pem = spki.export({ type: 'spki', format: 'pem' }).toString();

async function pinOfFile(content: string): Promise<Pin> {
  await writeFile(path.join(folder, 'pin.pem'), content);
  const pin = parsePin('pin.pem', folder, 'trust-pin');
  if (pin.kind !== 'file') throw new Error('it is not a file');
  return pin.read();
}

describe("the public key of a repository's root as a pin", () => {
  it('is the ID of that key, by its text or by a file', async () => {
    const expected = { kind: 'key-id', keyId: root.canonicalId };
    expect(parsePin(pem.trim(), folder, 'trust-pin')).toEqual(expected);
    expect(parsePin(pem.trim().replaceAll('\n', ' '), folder, 'trust-pin')).toEqual(expected);
    expect(await pinOfFile(pem)).toEqual(expected);
  });

  it('matches the root, whose metadata lists a certificate of the key', async () => {
    const repository = new RepositoryBuilder();
    repository.root.keys = [root];
    const view = trustFiles(repository.build(), { pins: [await pinOfFile(pem)] });
    expect(view.pinnedBy.kind).toBe('pin');
  });
});

describe('a fingerprint as a pin', () => {
  const hex = 'ab'.repeat(32);
  const pairs = Array.from({ length: 32 }, () => 'AB').join(':');

  it.each([
    `sha256:${hex}`,
    `SHA256:${pairs}`,
    `sha256: ${hex}`,
    // As OpenSSL 3 and OpenSSL 1.1 print it.
    `sha256 Fingerprint=${pairs}`,
    `SHA256 Fingerprint=${pairs}`,
    pairs,
    `0x${hex}`,
  ])('is read as %s', (text) => {
    const expected = { kind: 'certificate-sha256', fingerprint: hex };
    expect(parsePin(text, folder, 'trust-pin')).toEqual(expected);
  });

  it.each([
    ['63 digits', hex.slice(1), /not have 64 hex digits: it has 63/],
    ['a SHA-1 thumbprint', hex.slice(24), /it has 40/],
    ['a SHA-1 fingerprint', `SHA1 Fingerprint=${pairs.slice(36)}`, /it has 40/],
    ['base64', `SHA256:${Buffer.from(hex, 'hex').toString('base64')}`, /it has others/],
  ])('is refused as %s, and not taken for a file', (_, text, message) => {
    expect(() => parsePin(text, folder, 'trust-pin')).toThrow(message);
  });

  it('leaves the names of files alone', () => {
    for (const name of ['ca.pem', 'sha256/ca.pem', 'cafe', './sha256: a']) {
      expect(parsePin(name, folder, 'trust-pin').kind, name).toBe('file');
    }
  });
});

describe('a file as a pin', () => {
  it.each([
    ['a damaged key', '-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n', /public key/],
    [
      'a damaged certificate',
      '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n',
      /certificate of the CA file cannot be read/,
    ],
    ['neither certificate nor key', 'nothing', /holds no certificate/],
  ])('is an error of input with %s', async (_, content, message) => {
    const work = pinOfFile(content);
    await expect(work).rejects.toMatchObject({
      code: 'INPUT_INVALID',
      message: expect.stringMatching(message) as string,
    });
  });
});
