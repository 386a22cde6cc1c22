/** The inputs that name keys, as checked references. Opens nothing. */
import path from 'node:path';
import { TrustError } from '../../errors.js';
import type { InputName, InputValues, ProblemList } from '../../inputs/index.js';
import { parseKeyReference, vaultServiceOf } from '../../signing/index.js';
import type { KeyConfiguration } from './types.js';

/** Why the root key must not be another role's key as well. */
export const separateKeys =
  'Whoever holds the root key can replace every other key. Give two keys, the root key in a vault that pipelines cannot reach.';

/** The inputs that name one key each, and have a passphrase beside them. */
export type KeyInput = 'signing-key' | 'root-key' | 'new-key';

/** The key that `input` names, if it is set and can be read. */
export function readKeyInput(
  input: KeyInput,
  inputs: InputValues,
  workingDirectory: string,
  { parse }: ProblemList,
): KeyConfiguration | undefined {
  const text = inputs[input];
  const passphraseInput = `${input}-passphrase` as const;
  return text === undefined
    ? undefined
    : parse(input, () =>
        keyConfiguration(text, workingDirectory, inputs[passphraseInput], passphraseInput),
      );
}

/** An entry of the input `keys`: one key, or every key of a vault. */
export type KeySource = KeyConfiguration | { readonly vaultUrl: string };

/** What the input `keys` names; encrypted ones open with `signing-key-passphrase`. */
export function readKeySources(
  inputs: InputValues,
  workingDirectory: string,
  { parse }: ProblemList,
): readonly KeySource[] {
  return inputs.keys.flatMap((text) => {
    const source = parse('keys', (): KeySource => {
      if (isWholeVault(text)) return { vaultUrl: parseVaultUrl(text) };
      const passphrase = inputs['signing-key-passphrase'];
      return keyConfiguration(text, workingDirectory, passphrase, 'signing-key-passphrase');
    });
    return source ? [source] : [];
  });
}

/**
 * The URL of a vault, of nothing in it.
 * @returns scheme and host, such as `https://contoso.vault.azure.net`.
 * @throws {TrustError} INPUT_INVALID
 */
export function parseVaultUrl(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const isVault =
    url?.protocol === 'https:' &&
    url.username === '' &&
    url.port === '' &&
    vaultServiceOf(url.hostname) !== undefined;
  if (url && isVault && url.pathname === '/' && url.search === '' && url.hash === '') {
    return url.origin;
  }
  throw new TrustError(
    'INPUT_INVALID',
    url && isVault
      ? `the URL names more than a vault: ${url.origin}${url.pathname}`
      : 'it is not the URL of a Key Vault or Managed HSM',
    { remedy: 'Give the URL of the vault alone, such as https://contoso-keys.vault.azure.net.' },
  );
}

function isWholeVault(text: string): boolean {
  return URL.canParse(text) && /^https:\/\/[^/]+\/?$/i.test(text.trim());
}

function keyConfiguration(
  text: string,
  workingDirectory: string,
  passphrase: string | undefined,
  passphraseInput: InputName,
): KeyConfiguration {
  const reference = parseKeyReference(text);
  return reference.kind === 'file'
    ? {
        reference: { kind: 'file', path: path.resolve(workingDirectory, reference.path) },
        passphrase,
        passphraseInput,
      }
    : { reference, passphrase, passphraseInput };
}
