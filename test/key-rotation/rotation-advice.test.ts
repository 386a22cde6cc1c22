import { describe, expect, it } from 'vitest';
import type { RotatedRepository } from '../../src/key-rotation/plan-rotation.js';
import type { Rotation } from '../../src/key-rotation/index.js';
import { adviceOn } from '../../src/key-rotation/rotation-advice.js';
import { ecdsaSigner } from '../trust/support/keys.js';

const signer = ecdsaSigner('new');
const vault = 'https://contoso-keys.vault.azure.net';
const url = `${vault}/keys/app/0123456789abcdef0123456789abcdef`;
const reference = { kind: 'vault-key', vaultUrl: vault, name: 'app', version: undefined } as const;
const newKey = { signer, url, reference, certificatePem: undefined };
const rotated: RotatedRepository = {
  gun: 'contoso.azurecr.io/app',
  state: 'rotated',
  exchanges: [{ role: 'targets', oldKeyIds: ['ab'.repeat(32)], newKeyId: signer.keyId }],
  signedBy: [],
  unchanged: undefined,
  rootKeys: [],
  stillListed: [],
};
const given = { reference, passphrase: undefined, passphraseInput: 'new-key-passphrase' } as const;
const rotation = (role: string): Rotation => ({
  kind: 'key',
  role,
  oldKeyId: undefined,
  newKey: { kind: 'given', key: given },
});
const advice = (of: Rotation, ...repositories: readonly RotatedRepository[]) =>
  adviceOn(
    of,
    { newKey: of.kind === 'key' ? newKey : undefined, repositories },
    (name) => name,
  ).join('\n');

describe('the advice on a rotation', () => {
  it('names the roles that still list the old key', () => {
    expect(advice(rotation('targets/ci'), { ...rotated, stillListed: ['targets/a'] })).toMatch(
      /The signer signs with the new key.*still listed in targets\/a of contoso.azurecr.io\/app/s,
    );
  });

  it('keeps the pin of a root key that has a new certificate', () => {
    const same = { role: 'root', oldKeyIds: [signer.keyId], newKeyId: signer.keyId };
    expect(advice(rotation('root'), { ...rotated, exchanges: [same] })).toMatch(
      new RegExp(`its certificate is new.*still holds: trust-pin: ${signer.keyId}`),
    );
  });

  it('says how to go on where a key was made and some repositories failed', () => {
    const made: Rotation = {
      kind: 'key',
      role: 'targets',
      oldKeyId: undefined,
      newKey: { kind: 'create', hsm: false, reference },
    };
    const failed = { ...rotated, state: 'failed' } as const;
    expect(advice(made, failed)).toMatch(/run again with new-key: https.*without create-key/);
    expect(advice(made, { ...rotated, state: 'unchanged' })).toBe('');
  });
});
