import { describe, expect, it } from 'vitest';
import { adviceOn } from '../../../../src/commands/keys/rotate/advice.js';
import type { Rotation } from '../../../../src/commands/keys/rotate/configuration.js';
import { pinsForRoot } from '../../../../src/commands/keys/rotate/pins.js';
import {
  rotationReport,
  rotationSummary,
  rotationTable,
  type RotatedRepository,
  type RotationFacts,
} from '../../../../src/commands/keys/rotate/report.js';
import { rolesWithKeys } from '../../../../src/commands/keys/rotate/still-listed.js';
import { TrustError } from '../../../../src/errors.js';
import { ecdsaSigner } from '../../../trust/support/keys.js';
import { ecdsaKey } from '../../../trust/test-keys.js';
import { dockerLikeRepository, trustFiles } from '../../../trust/repository-builder.js';

const signer = ecdsaSigner('new');
const reference = 'https://contoso-keys.vault.azure.net/keys/app/0123456789abcdef0123456789abcdef';
const newKey = { signer, reference, certificatePem: undefined };
const old = 'ab'.repeat(32);

const rotated: RotatedRepository = {
  gun: 'contoso.azurecr.io/app',
  state: 'rotated',
  exchanges: [{ role: 'targets', oldKeyIds: [old], newKeyId: signer.keyId }],
  signedBy: [
    { role: 'root', keys: ['root key'] },
    { role: 'targets', keys: ['new key'] },
  ],
  unchanged: undefined,
  rootKeys: [],
  stillListed: [],
  error: undefined,
};
const failed: RotatedRepository = {
  ...rotated,
  gun: 'contoso.azurecr.io/db',
  state: 'failed',
  error: new TrustError('TRUST_CONFLICT', 'others | kept publishing', { remedy: 'Run again.' }),
};
const facts: RotationFacts = {
  role: 'targets',
  dryRun: false,
  newKey: { keyId: signer.keyId, reference },
  repositories: [rotated, failed],
  advice: ['do this'],
  warnings: ['mind that'],
};
const rotation = (role: string, newKeySource: 'given' | 'create' = 'given'): Rotation => ({
  kind: 'key',
  role,
  oldKeyId: undefined,
  newKey:
    newKeySource === 'create'
      ? {
          kind: 'create',
          hsm: false,
          reference: { kind: 'vault-key', vaultUrl: '', name: 'app', version: undefined },
        }
      : {
          kind: 'given',
          key: {
            reference: { kind: 'file', path: 'x' },
            passphrase: undefined,
            passphraseInput: 'new-key-passphrase',
          },
        },
});
const advice = (of: Rotation, repositories: readonly RotatedRepository[] = [rotated]) =>
  adviceOn(of, of.kind === 'key' ? newKey : undefined, repositories, (name) => name).join('\n');

describe('the words on a rotation', () => {
  it('show old and new key and who signed, for each role that changed', () => {
    expect(rotationTable(facts).join('\n')).toMatch(
      new RegExp(
        `app +rotated +targets +${old} +${signer.keyId} +root: root key; targets: new key`,
      ),
    );
    const dry = { ...facts, dryRun: true, newKey: undefined };
    const planned = {
      ...rotated,
      state: 'to be rotated' as const,
      exchanges: [{ role: 'targets', oldKeyIds: [old], newKeyId: undefined }],
    };
    expect(rotationTable({ ...dry, repositories: [planned] }).join()).toContain('to be made');
    expect(rotationSummary(dry)).toContain('that would be rotated');
  });

  it('name what failed in summary and report', () => {
    const summary = rotationSummary(facts);
    expect(summary).toContain('### Rotated key of `targets`');
    expect(summary).toContain('❌ `contoso.azurecr.io/db`: others \\| kept publishing');
    expect(summary).toContain('> ⚠️ mind that');
    expect(rotationReport(facts)).toMatchObject({
      command: 'keysRotate',
      repositories: [
        { state: 'rotated' },
        { error: { code: 'TRUST_CONFLICT', message: 'others | kept publishing' } },
      ],
    });
  });

  it('say after the rotation what to sign with, and what becomes of the old key', () => {
    expect(advice(rotation('targets'))).toMatch(
      new RegExp(`signing-key: ${reference}.*no other repository lists it`, 's'),
    );
    const listed = { ...rotated, stillListed: ['targets/a'] };
    expect(advice(rotation('targets/ci'), [listed])).toMatch(
      /The signer signs with the new key.*still listed in targets\/a of contoso.azurecr.io\/app/s,
    );
    expect(advice(rotation('root'))).toMatch(
      new RegExp(`trust-pin: ${signer.keyId}.*old private key is not needed for that`, 's'),
    );
    const same = { role: 'root', oldKeyIds: [signer.keyId], newKeyId: signer.keyId };
    expect(advice(rotation('root'), [{ ...rotated, exchanges: [same] }])).toMatch(
      new RegExp(`its certificate is new.*still holds: trust-pin: ${signer.keyId}`),
    );
    expect(advice({ kind: 'hand-over', role: 'snapshot', renews: false })).toMatch(
      /signs snapshot by itself/,
    );
  });

  it('say how to go on where a key was made and some repositories failed', () => {
    const made = rotation('targets', 'create');
    expect(advice(made, [failed])).toMatch(/run again with new-key: https.*without create-key/);
    expect(advice(made, [{ ...rotated, state: 'unchanged' }])).toBe('');
  });
});

describe('the pins of a new root key', () => {
  const [present, other] = [ecdsaSigner('present'), ecdsaSigner('other')];
  const pin = (keyId: string) => ({ kind: 'key-id', keyId }) as const;

  it('are none where none were given', () => {
    expect(pinsForRoot([], signer, [present])).toEqual([]);
    expect(pinsForRoot([pin(present.keyId)], undefined, [])).toEqual([pin(present.keyId)]);
  });

  it('take the new key as well, for a second run', () => {
    expect(pinsForRoot([pin(present.keyId)], signer, [present, other])).toEqual([
      pin(present.keyId),
      pin(signer.keyId),
    ]);
  });

  it('take the present key where a pin has run ahead to the new one', () => {
    const ahead = pinsForRoot([pin(signer.keyId)], signer, [present]);
    expect(ahead).toContainEqual(pin(present.keyId));
    const mixed = pinsForRoot([pin(signer.keyId), pin(other.keyId)], signer, [present]);
    expect(mixed).not.toContainEqual(pin(present.keyId));
  });
});

describe('roles that list a key', () => {
  it('are found wherever they are, certificates included', () => {
    const repository = dockerLikeRepository();
    const view = trustFiles(repository.build());
    const alice = repository.delegations[0]?.keys[0]?.canonicalId ?? '';
    expect(rolesWithKeys(view, [alice])).toEqual(['targets/alice', 'targets/releases']);
    expect(rolesWithKeys(view, [repository.root.keys[0]?.canonicalId ?? ''])).toEqual(['root']);
    expect(rolesWithKeys(view, [ecdsaKey().keyId])).toEqual([]);
  });
});
