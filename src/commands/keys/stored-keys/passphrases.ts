/**
 * Opens private keys with whatever passphrases a run has: from the inputs, from the variables that
 * the clients of Docker and notary read themselves, or from the person at the keyboard. What it
 * tries is masked first, and no passphrase is ever part of a message.
 */
import type { KeyObject } from 'node:crypto';
import type { TokenCredential } from '@azure/core-auth';
import { readPassphrase } from '../../../azure/index.js';
import { readVariable } from '../../../docker/index.js';
import { TrustError, isTrustError } from '../../../errors.js';
import type { InputName, InputValues } from '../../inputs/values.js';
import type { Secrets } from '../../../ports.js';
import type { KeyFile, StoredKey } from '../../../signing/index.js';
import type { RunContext } from '../../context.js';

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

/** Opens keys one after the other. Reads a passphrase out of a vault when the first key needs it. */
export function createKeyOpener(
  inputs: Pick<InputValues, 'root-key-passphrase' | 'signing-key-passphrase'>,
  credential: TokenCredential | undefined,
  context: RunContext,
): KeyOpener {
  const { secrets, signal, clock, environment, platform, nameInput, askSecret } = context;
  const fromInputs = new Map<InputName, Promise<string | undefined>>();
  const given: string[] = [];

  const ofInput = (name: 'root-key-passphrase' | 'signing-key-passphrase') => {
    const reading =
      fromInputs.get(name) ??
      readPassphrase(
        { passphrase: inputs[name], passphraseInput: nameInput(name) },
        { credential, secrets, signal, clock },
      );
    fromInputs.set(name, reading);
    return reading;
  };

  const known = async (kind: Kind): Promise<readonly string[]> => {
    const input = await ofInput(inputOf(kind));
    const set = variables[kind].map((name) =>
      readVariable(environment, name, platform === 'win32'),
    );
    return [input, ...set].filter((text) => text !== undefined && text !== '') as string[];
  };

  /** Those of the key's kind first; then all others, because the two are so often mixed up. */
  const candidates = async (role: string | undefined): Promise<readonly string[]> => {
    const own = kindOf(role);
    const order = own === undefined ? kinds : [own, ...kinds.filter((kind) => kind !== own)];
    const all = [...(await Promise.all(order.map(known))).flat(), ...given];
    for (const text of all) secrets.mask(text);
    return [...new Set(all)];
  };

  return async (key) => {
    if (!key.isEncrypted) return key.open(undefined, '');
    for (const passphrase of await candidates(key.role)) {
      const opened = attempt(key, passphrase);
      if (opened) return opened;
    }
    const own = kindOf(key.role);
    let isWrong = (await Promise.all((own ? [own] : kinds).map(known))).flat().length > 0;
    for (let times = 0; askSecret !== undefined && times < askedAtMost; times += 1) {
      const again = times === 0 ? '' : 'That is not it. ';
      const answer = await askSecret(`${again}Passphrase of the ${key.description}:`);
      if (answer === '') break;
      secrets.mask(answer);
      const opened = attempt(key, answer);
      isWrong = true;
      if (!opened) continue;
      given.push(answer);
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

function inputOf(kind: Kind): 'root-key-passphrase' | 'signing-key-passphrase' {
  return kind === 'root' ? 'root-key-passphrase' : 'signing-key-passphrase';
}

function locked(
  { role, description }: LockedKey,
  isWrong: boolean,
  nameInput: RunContext['nameInput'],
): TrustError {
  const kind = kindOf(role) ?? 'targets';
  const where = [nameInput(inputOf(kind)), ...variables[kind]];
  return isWrong
    ? new TrustError('KEY_PASSPHRASE_WRONG', `No passphrase of this run opens the ${description}`, {
        remedy: `Give the right one in ${where.join(' or ')}. Docker keeps two passphrases: one for the root key, one for repository and delegation keys.`,
      })
    : new TrustError('KEY_PASSPHRASE_MISSING', `The ${description} is encrypted`, {
        remedy: `Give its passphrase in ${where.join(' or ')}; on a command line with a terminal the run asks for it.`,
      });
}
