import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { labelKey, type ExportableKey } from '../../../src/azure/index.js';
import { ecdsaSigner } from '../../trust/support/keys.js';
import { gun, TestRepository } from '../../trust/support/repository.js';

describe('what an exported key is called', () => {
  const nameInput = (name: string) => name;
  const alice = ecdsaSigner('alice');
  const bare = (keyId: string): ExportableKey => ({
    reference: { kind: 'file', path: '/keys/a.pem' },
    keyId,
    privateKey: generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey,
    purpose: { role: undefined, gun: undefined },
  });

  it('is what the trust data of the repository says', async () => {
    const repository = await new TestRepository().initialise();
    await repository.delegate({
      'targets/releases': alice.publicKey,
      'targets/alice': alice.publicKey,
    });
    const views = new Map([[gun, await repository.view()]]);
    const labelled = (id: string) => {
      const { role, gun: own } = labelKey(bare(id), views, nameInput);
      return [role, own];
    };
    expect(labelled(repository.root.keyId)).toEqual(['root', undefined]);
    expect(labelled(repository.targets.keyId)).toEqual(['targets', gun]);
    expect(labelled(alice.keyId)).toEqual(['alice', undefined]);
    expect(() => labelled(ecdsaSigner().keyId)).toThrow(/does not list it/);
    const stale = { ...bare(alice.keyId), purpose: { role: 'targets', gun: 'other' } };
    expect(labelKey(stale, views, nameInput)).toMatchObject({ role: 'targets', gun: 'other' });
  });
});
