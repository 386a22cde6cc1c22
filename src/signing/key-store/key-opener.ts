/**
 * Opens private keys with whatever passphrases a run has: from its inputs, from the variables that
 * the clients of Docker and notary read themselves, or from the person at the keyboard. What it
 * tries is masked first, and no passphrase is ever part of a message.
 */
import type { KeyObject } from 'node:crypto';

import { TrustError, isTrustError } from '../../errors.js';
import type { AskSecret, Secrets } from '../../ports.js';
import type { KeyFile } from '../key-file.js';
import type { StoredKey } from './key-store.js';

/** A private key that may need a passphrase. */
export interface LockedKey extends Pick<StoredKey, 'role' | 'isEncrypted' | 'open'> {
  /** For the question and for messages, such as `root key 20ac20e4 (private/20ac20e4.key)`. */
  readonly description: string;
}

/** Opens keys; see {@link createKeyOpener}. */
export type KeyOpener = (key: LockedKey) => Promise<KeyFile>;

type Kind = 'root' | 'targets' | 'snapshot' | 'delegation';
const kinds: readonly Kind[] = ['root', 'targets', 'snapshot', 'delegation'];

/** What Docker (cli/trust/trust.go) and notary (cmd/notary/main.go) read, for each kind of key. */
const variables: Readonly<Record<Kind, readonly string[]>> = {
  root: ['DOCKER_CONTENT_TRUST_ROOT_PASSPHRASE', 'NOTARY_ROOT_PASSPHRASE'],
  targets: ['DOCKER_CONTENT_TRUST_REPOSITORY_PASSPHRASE', 'NOTARY_TARGETS_PASSPHRASE'],
  snapshot: ['DOCKER_CONTENT_TRUST_REPOSITORY_PASSPHRASE', 'NOTARY_SNAPSHOT_PASSPHRASE'],
  delegation: ['DOCKER_CONTENT_TRUST_REPOSITORY_PASSPHRASE', 'NOTARY_DELEGATION_PASSPHRASE'],
};

/** How often the same key is asked for, as often as Docker asks. */
const askedAtMost = 3;

/** Where the passphrases of a run are. */
export interface PassphraseSources {
  /** Reads what an input holds; asked once for each input, when the first key needs it. */
  readonly read: (input: PassphraseInputName) => Promise<string | undefined>;
  readonly nameInput: (input: PassphraseInputName) => string;
  /** The value of an environment variable. */
  readonly variable: (name: string) => string | undefined;
  /** Absent where nobody can be asked. */
  readonly ask: AskSecret | undefined;
  readonly secrets: Secrets;
}

/** The inputs that hold passphrases of any number of keys. */
type PassphraseInputName = 'root-key-passphrase' | 'signing-key-passphrase';

/** Opens keys one after the other. What it tries is masked first. */
export function createKeyOpener(sources: PassphraseSources): KeyOpener {
  const { read, nameInput, variable, ask, secrets } = sources;
  const fromInputs = new Map<string, Promise<string | undefined>>();
  const answers: string[] = [];

  const ofInput = (name: PassphraseInputName): Promise<string | undefined> => {
    const reading = fromInputs.get(name) ?? read(name);
    fromInputs.set(name, reading);
    return reading;
  };

  const known = async (...of: readonly Kind[]): Promise<readonly string[]> => {
    const all = await Promise.all(
      of.map(async (kind) => [await ofInput(inputOf(kind)), ...variables[kind].map(variable)]),
    );
    return all.flat().filter((text) => text !== undefined && text !== '') as string[];
  };

  return async (key) => {
    if (!key.isEncrypted) return key.open(undefined, '');
    const kind = kindOf(key.role);
    // Those of the key's kind first; then all others, because the two are so often mixed up.
    const order = kind === undefined ? kinds : [kind, ...kinds.filter((other) => other !== kind)];
    const candidates = new Set([...(await known(...order)), ...answers]);
    for (const passphrase of candidates) secrets.mask(passphrase);
    for (const passphrase of candidates) {
      const opened = attempt(key, passphrase);
      if (opened) return opened;
    }
    let isWrong = (await known(...(kind ? [kind] : kinds))).length > 0;
    for (let times = 0; ask !== undefined && times < askedAtMost; times += 1) {
      const again = times === 0 ? '' : 'Wrong passphrase. ';
      const answer = await ask(`${again}Passphrase of the ${key.description}:`);
      if (answer === '') break;
      secrets.mask(answer);
      const opened = attempt(key, answer);
      isWrong = true;
      if (!opened) continue;
      answers.push(answer);
      return opened;
    }
    throw locked(key, isWrong, nameInput);
  };
}

/** Masks a key that was opened: the one number of an EC key, and all of an RSA key. */
export function maskPrivateKey(privateKey: KeyObject, secrets: Secrets): void {
  const { d } = privateKey.export({ format: 'jwk' });
  const text =
    privateKey.asymmetricKeyType === 'rsa' || d === undefined
      ? privateKey.export({ format: 'pem', type: 'pkcs8' }).toString()
      : d;
  secrets.mask(text);
}

/** The key; undefined when this is not its passphrase. @throws {TrustError} KEY_UNSUITABLE */
function attempt(key: LockedKey, passphrase: string): KeyFile | undefined {
  try {
    return key.open(passphrase, '');
  } catch (error) {
    if (isTrustError(error, 'KEY_PASSPHRASE_WRONG')) return undefined;
    throw error;
  }
}

function kindOf(role: string | undefined): Kind | undefined {
  if (role === undefined) return undefined;
  return kinds.find((kind) => kind === role) ?? 'delegation';
}

function inputOf(kind: Kind): PassphraseInputName {
  return kind === 'root' ? 'root-key-passphrase' : 'signing-key-passphrase';
}

function locked(
  { role, description }: LockedKey,
  isWrong: boolean,
  nameInput: PassphraseSources['nameInput'],
): TrustError {
  const kind = kindOf(role) ?? 'targets';
  const where = [nameInput(inputOf(kind)), ...variables[kind]].join(' or ');
  return isWrong
    ? new TrustError('KEY_PASSPHRASE_WRONG', `No passphrase of this run opens the ${description}`, {
        remedy: `Give the right one in ${where}. Docker keeps two passphrases: one for the root key, one for repository and delegation keys.`,
      })
    : new TrustError('KEY_PASSPHRASE_MISSING', `The ${description} is encrypted`, {
        remedy: `Give its passphrase in ${where}; on a command line with a terminal the run asks for it.`,
      });
}
