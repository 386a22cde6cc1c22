import { describe, expect, it } from 'vitest';
import { collectProblems } from '../../../src/commands/index.js';
import {
  readKeyInput,
  readKeyReferences,
  readKeySources,
} from '../../../src/commands/inputs/key-inputs.js';

/** Inputs as a command reads them. */
function reading<V extends object>(values: V) {
  return {
    ...collectProblems((name) => name),
    values,
    workingDirectory: '/agent',
    environment: {},
  };
}

const vault = 'https://contoso.vault.azure.net';

describe('the inputs that name keys', () => {
  it('give references with the passphrase beside them', () => {
    const read = reading({
      'new-key': 'keys/new.key',
      'new-key-passphrase': 'secret',
      'root-key': undefined,
      'root-key-passphrase': undefined,
    });
    expect(readKeyInput<'new-key'>('new-key', read)).toEqual({
      reference: { kind: 'file', path: '/agent/keys/new.key' },
      passphrase: 'secret',
      passphraseInput: 'new-key-passphrase',
    });
    expect(readKeyInput<'root-key'>('root-key', read)).toBeUndefined();
  });

  it('may name single keys and whole vaults', () => {
    const keys = [vault, `${vault}/keys/a`, 'b.pem'];
    expect(readKeyReferences(reading({ keys }))).toMatchObject([
      { kind: 'vault', vaultUrl: vault },
      { kind: 'vault-key', name: 'a' },
      { kind: 'file', path: '/agent/b.pem' },
    ]);
    const passphrase = { passphrase: 'secret', passphraseInput: 'signing-key-passphrase' };
    const read = reading({ keys, 'signing-key-passphrase': 'secret' });
    expect(readKeySources(read)).toMatchObject([
      { vaultUrl: vault },
      { ...passphrase, reference: { name: 'a' } },
      { ...passphrase, reference: { kind: 'file', path: '/agent/b.pem' } },
    ]);
  });

  it('note what cannot be read, and give the rest', () => {
    const read = reading({ keys: ['https://example.com', 'a.pem'] });
    expect(readKeyReferences(read)).toHaveLength(1);
    expect(() => {
      read.throwIfAny();
    }).toThrow(/"keys" cannot be used: it is not the URL of a Key Vault/);
  });
});
