import { describe, expect, it } from 'vitest';
import { matchedPin, warnOfFirstUse } from '../../../src/trust/index.js';
import { RepositoryBuilder, gun, trustFiles } from '../repository-builder.js';
import { rootKey } from '../test-keys.js';

const repository = new RepositoryBuilder();
const root = rootKey(gun);
repository.root.keys = [root];
const files = repository.build();

describe('the root key', () => {
  it('is named by its one key ID, and what Docker shows beside it, when that was the pin', () => {
    const name = (keyId: string) =>
      matchedPin(trustFiles(files, { pins: [{ kind: 'key-id', keyId }] }));
    expect(name(root.canonicalId)).toBe(`key ID ${root.canonicalId}`);
    expect(name(root.keyId)).toBe(`key ID ${root.canonicalId} (Docker's ID: ${root.keyId})`);
  });

  it('is named by it in the warning, which takes the server for no witness', () => {
    const lines: string[] = [];
    const log = { warn: (line: string) => void lines.push(line) };
    warnOfFirstUse(trustFiles(files), (name) => name, log);
    expect(lines).toEqual([
      `The root of ${gun} is trusted on first use: nothing but the trust server says that its root key is ${root.canonicalId} (Docker's ID of it: ${root.keyId}). If the owner of the repository says so too ("keys init" printed it), pin it: trust-pin: ${root.canonicalId}`,
    ]);
  });
});
