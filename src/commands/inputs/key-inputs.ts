/** The inputs that name keys, as checked references. Opens none of them. */
import { readKeyBytes, type KeySource, type NamedKey } from '../../azure/index.js';
import type { Input, Inputs, ListInput, TextInput } from '../../inputs/index.js';
import {
  isHostAlone,
  parseKeyReference,
  parseVaultUrl,
  type KeyReference,
} from '../../signing/index.js';
import type { Read } from './read.js';

export const signingKey = {
  type: 'text',
  group: 'trust',
  label: 'Signing key',
  help: 'The key that signs: a Key Vault key, certificate or secret by its URL, or a file. A secret or file holds a PEM or Docker `.key`.',
  example: 'https://contoso-keys.vault.azure.net/keys/team-app',
} as const satisfies Input;

export const signingKeyPassphrase = {
  type: 'text',
  group: 'trust',
  label: 'Passphrase of the signing key',
  help: 'Opens the signing key if its PEM is encrypted. The value, or the URL of a Key Vault secret that holds it.',
  secret: true,
  references: ['url'],
  example: 'https://contoso-keys.vault.azure.net/secrets/team-app-passphrase',
} as const satisfies Input;

export const rootKey = {
  type: 'text',
  group: 'trust',
  label: 'Root key',
  help: 'The root key, with which a repository without trust data is initialised; given like `signing-key`.',
  example: 'https://contoso-root.vault.azure.net/keys/root',
} as const satisfies Input;

export const rootKeyPassphrase = {
  type: 'text',
  group: 'trust',
  label: 'Passphrase of the root key',
  help: 'Opens the root key if its PEM is encrypted. The value, or the URL of a Key Vault secret that holds it.',
  secret: true,
  references: ['url'],
  example: 'https://contoso-root.vault.azure.net/secrets/root-passphrase',
} as const satisfies Input;

export const keys = {
  type: 'list',
  group: 'keys',
  label: 'Keys',
  help: 'The available keys: Key Vault keys, certificates or secrets by URL, files, or a whole vault by URL, for all of its enabled keys. Separated by commas or lines.',
  example: 'https://contoso-keys.vault.azure.net',
} as const satisfies Input;

export const vault = {
  type: 'text',
  group: 'keys',
  label: 'Vault',
  help: 'URL of a Key Vault.',
  example: 'https://contoso-keys.vault.azure.net',
} as const satisfies Input;

export const rootVault = {
  type: 'text',
  group: 'keys',
  label: 'Vault for root keys',
  help: 'URL of the Key Vault for root keys, preferably one that pipelines cannot reach.',
  example: 'https://contoso-root.vault.azure.net',
} as const satisfies Input;

export const hsm = {
  type: 'boolean',
  group: 'keys',
  label: 'Hardware keys',
  help: 'Creates or imports keys that a hardware security module protects. Needs a vault of the tier Premium, or a Managed HSM.',
  default: false,
  example: 'true',
} as const satisfies Input;

export const archive = {
  type: 'text',
  group: 'keys',
  label: 'Archive or folder of keys',
  help: 'Path where keys are read or written.',
  example: '/secure/docker-trust.tar.gz',
} as const satisfies Input;

/** The key that signs. */
export const signingKeyInputs = {
  'signing-key': signingKey,
  'signing-key-passphrase': signingKeyPassphrase,
} as const satisfies Inputs;

/** Keys and whole vaults. */
export const keysInputs = {
  keys,
  'signing-key-passphrase': signingKeyPassphrase,
} as const satisfies Inputs;

/** All keys that a run may use, whatever their roles. */
export const availableKeyInputs = {
  'signing-key': { ...signingKey, note: 'One of the available keys.' },
  'signing-key-passphrase': signingKeyPassphrase,
  'root-key': { ...rootKey, note: 'One of the available keys.' },
  'root-key-passphrase': rootKeyPassphrase,
  keys,
} as const satisfies Inputs;

/** An input without a default. */
type OptionalText = Omit<TextInput, 'default'>;

/** The inputs that name one key each, and have a passphrase beside them. */
type KeyInput = 'signing-key' | 'root-key' | 'new-key';

/** The key that `input` names, if it is set and can be read. */
export function readKeyInput<K extends KeyInput>(
  input: K,
  {
    values,
    workingDirectory,
    parse,
  }: Read<Readonly<Record<K, OptionalText>> & Readonly<Record<`${K}-passphrase`, OptionalText>>>,
): NamedKey | undefined {
  const inputs: Readonly<Record<string, string | undefined>> = values;
  const text = inputs[input];
  const passphraseInput = `${input}-passphrase` as const;
  return text === undefined
    ? undefined
    : parse(input, () => ({
        reference: parseKeyReference(text, workingDirectory),
        passphrase: inputs[passphraseInput],
        passphraseInput,
      }));
}

/**
 * The signing key of a run that cannot do without it: a missing one is noted, and a key file is
 * looked at before anything else.
 * @param remedy for a missing key, where there is another one than to name it.
 */
export function requireSigningKey(
  read: Read<{
    readonly 'signing-key': OptionalText;
    readonly 'signing-key-passphrase': OptionalText;
  }>,
  remedy?: string,
): NamedKey | undefined {
  const key = readKeyInput('signing-key', read);
  if (read.values['signing-key'] === undefined) {
    read.add({
      input: 'signing-key',
      problem: 'is not set, and something is to be signed',
      code: 'INPUT_MISSING',
      ...(remedy !== undefined && { remedy }),
    });
  }
  const reference = key?.reference;
  if (reference?.kind === 'file') read.check('signing-key', () => readKeyBytes(reference.path));
  return key;
}

/** A key by its reference, or every key of a vault. */
type NamedKeys = KeyReference | { readonly kind: 'vault'; readonly vaultUrl: string };

/** What the input `keys` names, for commands that need no passphrase of it. */
export function readKeyReferences({
  values,
  workingDirectory,
  parse,
}: Read<{ readonly keys: ListInput }>): readonly NamedKeys[] {
  return values.keys.flatMap((text) => {
    const named = parse('keys', (): NamedKeys =>
      isHostAlone(text)
        ? { kind: 'vault', vaultUrl: parseVaultUrl(text) }
        : parseKeyReference(text, workingDirectory),
    );
    return named ?? [];
  });
}

/** What the input `keys` names; encrypted ones open with `signing-key-passphrase`. */
export function readKeySources(read: Read<typeof keysInputs>): readonly KeySource[] {
  const passphraseInput = 'signing-key-passphrase';
  const passphrase = read.values[passphraseInput];
  return readKeyReferences(read).map((named) =>
    named.kind === 'vault'
      ? { vaultUrl: named.vaultUrl }
      : { reference: named, passphrase, passphraseInput },
  );
}

/** The URL of the vault that `input` names, if it is set and can be read. */
export function readVault<K extends 'vault' | 'root-vault'>(
  input: K,
  { values, parse }: Read<Readonly<Record<K, OptionalText>>>,
): string | undefined {
  const text: string | undefined = (values as Readonly<Record<string, string | undefined>>)[input];
  return text === undefined ? undefined : parse(input, () => parseVaultUrl(text));
}

/** Every key that is named. */
export function readAvailableKeys(read: Read<typeof availableKeyInputs>): readonly KeySource[] {
  const named = [readKeyInput('signing-key', read), readKeyInput('root-key', read)];
  return [...named.filter((key) => key !== undefined), ...readKeySources(read)];
}
