import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RunContext } from '../../../src/commands/context.js';
import { matchedPin, resolvePin, warnOfFirstUse } from '../../../src/commands/signing/pins.js';
import { RepositoryBuilder, gun, trustFiles } from '../../trust/repository-builder.js';
import { rootKey } from '../../trust/test-keys.js';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'pins-'));
});
afterAll(() => rm(folder, { recursive: true }));

const repository = new RepositoryBuilder();
const root = rootKey(gun);
repository.root.keys = [root];
const files = repository.build();

async function pinOfFile(pem: string) {
  const file = path.join(folder, 'pin.pem');
  await writeFile(file, pem);
  const context = { nameInput: (name: string) => name } as unknown as RunContext;
  const credential = () => Promise.reject(new Error('no credential is needed'));
  return resolvePin({ kind: 'ca-file', path: file }, { credential } as never, context);
}

describe('a pin in a PEM file', () => {
  it('is the public key of the root', async () => {
    const pem = `-----BEGIN PUBLIC KEY-----\n${root.spki.toString('base64')}\n-----END PUBLIC KEY-----\n`;
    const view = trustFiles(files, { pins: [await pinOfFile(pem)] });
    expect(matchedPin(view)).toBe('the root key itself');
  });

  it('is an error of input where it holds neither certificate nor key', async () => {
    const work = pinOfFile('-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n');
    await expect(work).rejects.toMatchObject({ code: 'INPUT_INVALID' });
  });
});

describe('the root key', () => {
  it('is named by its one key ID, and what Docker shows beside it, when that was the pin', () => {
    const name = (keyId: string) =>
      matchedPin(trustFiles(files, { pins: [{ kind: 'key-id', keyId }] }));
    expect(name(root.canonicalId)).toBe(`key ID ${root.canonicalId}`);
    expect(name(root.keyId)).toBe(`key ID ${root.canonicalId} (Docker's ID: ${root.keyId})`);
  });

  it('is named by it in the warning, which takes the server for no witness', () => {
    const lines: string[] = [];
    const log = { warn: (line: string) => void lines.push(line) } as never;
    warnOfFirstUse(trustFiles(files), (name) => name, log);
    expect(lines).toEqual([
      `The root of ${gun} is trusted on first use: nothing but the trust server says that its root key is ${root.canonicalId} (Docker's ID of it: ${root.keyId}). If the owner of the repository says so too ("keys init" printed it), pin it: trust-pin: ${root.canonicalId}`,
    ]);
  });
});
