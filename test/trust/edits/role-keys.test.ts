import { describe, expect, it } from 'vitest';
import { firstRoot, withDelegationKeys, withRootKeys } from '../../../src/trust/edits/index.js';
import { keyIdOf, type RootSigned, type TargetsSigned } from '../../../src/trust/metadata/index.js';
import { ecdsaKey, rootKey } from '../test-keys.js';

const now = new Date('2026-11-23T12:00:00.000Z');
const gun = 'contoso.azurecr.io/team/app';
const key = () => ecdsaKey().publicKey;

function root(): RootSigned {
  const certificate = rootKey(gun).publicKey;
  return firstRoot({ root: certificate, targets: key(), snapshot: key(), timestamp: key() }, now);
}

const later = new Date('2027-11-23T12:00:00.000Z');

describe('exchanging keys of a root', () => {
  it('lists the new key of targets, drops the old one, and leaves the other roles', () => {
    const before = root();
    const [old = ''] = before.roles.targets?.keyids ?? [];
    const added = key();
    const exchange = { removed: [old], added };
    const after = withRootKeys(before, new Map([['targets', exchange]]), later);
    expect(after).toEqual({
      ...before,
      version: 2,
      expires: '2037-11-20T12:00:00Z',
      keys: expect.not.objectContaining({ [old]: expect.anything() as unknown }) as unknown,
      roles: { ...before.roles, targets: { keyids: [keyIdOf(added)], threshold: 1 } },
    });
    expect(after.keys[keyIdOf(added)]).toEqual(added);
    expect(Object.keys(after.keys)).toHaveLength(4);
    expect(before.version).toBe(1);
  });

  it('keeps the certificate of an earlier root key, as Notary does', () => {
    const before = root();
    const [old = ''] = before.roles.root?.keyids ?? [];
    const added = rootKey(gun).publicKey;
    const after = withRootKeys(before, new Map([['root', { removed: [old], added }]]), now);
    expect(after.roles.root).toEqual({ keyids: [keyIdOf(added)], threshold: 1 });
    expect(Object.keys(after.keys)).toContain(old);
  });

  it('keeps a key that another role still uses', () => {
    const before = root();
    const shared = before.roles.snapshot?.keyids ?? [];
    const twice = {
      ...before,
      roles: { ...before.roles, timestamp: { keyids: shared, threshold: 1 } },
    };
    const exchange = { removed: shared, added: key() };
    const after = withRootKeys(twice, new Map([['timestamp', exchange]]), now);
    expect(Object.keys(after.keys)).toEqual(expect.arrayContaining([...shared]));
  });

  it('puts the new key where the old one stood, and keeps threshold and neighbours', () => {
    const before = root();
    const [a, b, c, added] = [key(), key(), key(), key()];
    const [idA, idB, idC] = [a, b, c].map(keyIdOf) as [string, string, string];
    const several: RootSigned = {
      ...before,
      keys: { ...before.keys, [idA]: a, [idB]: b, [idC]: c },
      roles: { ...before.roles, targets: { keyids: [idA, idB, idC], threshold: 2 } },
    };
    const after = withRootKeys(several, new Map([['targets', { removed: [idB], added }]]), now);
    expect(after.roles.targets).toEqual({ keyids: [idA, keyIdOf(added), idC], threshold: 2 });
    const lower = { removed: [idA, idB, idC], added, threshold: 1 };
    expect(withRootKeys(several, new Map([['targets', lower]]), now).roles.targets).toEqual({
      keyids: [keyIdOf(added)],
      threshold: 1,
    });
  });
});

describe('exchanging keys of delegations', () => {
  const [old, other, added] = [key(), key(), key()];
  const [idOld, idOther, idAdded] = [old, other, added].map(keyIdOf) as [string, string, string];
  const before: TargetsSigned = {
    _type: 'Targets',
    version: 8,
    expires: '2026-12-01T00:00:00Z',
    delegations: {
      keys: { [idOld]: old, [idOther]: other },
      roles: [
        { name: 'targets/releases', keyids: [idOld, idOther], threshold: 1, paths: [''] },
        { name: 'targets/a', keyids: [idOld], threshold: 1, paths: ['v'] },
        { name: 'targets/b', keyids: [idOther], threshold: 1, paths: [] },
      ],
    },
    targets: { '1': { hashes: { sha256: 'AA==' }, length: 1, custom: { x: 1 } } },
  };

  it('changes the roles that are named, and drops a key that no role uses any more', () => {
    const exchange = { removed: [idOld], added };
    const changes = new Map([
      ['targets/a', exchange],
      ['targets/releases', exchange],
    ]);
    expect(withDelegationKeys(before, changes, now)).toEqual({
      ...before,
      version: 9,
      expires: '2029-11-22T12:00:00Z',
      delegations: {
        keys: { [idOther]: other, [idAdded]: added },
        roles: [
          { name: 'targets/releases', keyids: [idAdded, idOther], threshold: 1, paths: [''] },
          { name: 'targets/a', keyids: [idAdded], threshold: 1, paths: ['v'] },
          { name: 'targets/b', keyids: [idOther], threshold: 1, paths: [] },
        ],
      },
    });
  });

  it('keeps the old key where another role lists it', () => {
    const changes = new Map([['targets/a', { removed: [idOld], added }]]);
    const after = withDelegationKeys(before, changes, now);
    expect(Object.keys(after.delegations.keys).sort()).toEqual([idOld, idOther, idAdded].sort());
  });

  it('adds a key at the end where none goes, and lists none twice', () => {
    const adding = new Map([['targets/a', { removed: [], added }]]);
    const after = withDelegationKeys(before, adding, now);
    expect(after.delegations.roles[1]?.keyids).toEqual([idOld, idAdded]);
    const again = withDelegationKeys(after, adding, now);
    expect(again.delegations.roles[1]?.keyids).toEqual([idOld, idAdded]);
  });
});
