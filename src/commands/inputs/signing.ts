/** Inputs on signing and signers. */
import type { NamedKey } from '../../azure/index.js';
import { TrustError } from '../../errors.js';
import type { Input, Inputs } from '../../inputs/index.js';
import { isRoleName, roleOfSigner, type RoleName } from '../../trust/index.js';
import {
  readKeyInput,
  requireSigningKey,
  rootKey,
  rootKeyPassphrase,
  signingKey,
  signingKeyPassphrase,
} from './key-inputs.js';
import { readPins, trustPin, type PinReference } from './pins.js';
import type { Read } from './read.js';

export const requiredSigners = {
  type: 'list',
  group: 'verification',
  label: 'Required signers',
  help: 'Delegations that must all have signed each tag with this digest, without `targets/`: `ci` is the role `targets/ci`.',
  example: 'ci, qa',
} as const satisfies Input;

const engine = {
  type: 'choice',
  group: 'trust',
  label: 'Signing engine',
  help: 'Who signs.',
  choices: {
    native:
      'The built-in Notary client. Works with every Docker version, with buildx and multi-arch images, and with keys that never leave Key Vault.',
    docker: 'The Docker CLI, up to version 28, with keys from Key Vault secrets or files.',
  },
  default: 'native',
  example: 'native',
} as const satisfies Input;

export const passEnvironment = {
  type: 'list',
  group: 'advanced',
  label: 'Environment for Docker',
  help: "Names of environment variables to hand on to Docker besides those it always gets (its own, proxies, locale, and those that build arguments and secrets name). Docker sees nothing else of the run's environment.",
  example: 'AWS_PROFILE',
} as const satisfies Input;

/** What signs, and what says which root is genuine. */
export const nativeSigningInputs = {
  'signing-key': {
    ...signingKey,
    note: 'The key decides the role: the delegations that list it, or `targets`. Needed whenever something is signed.',
  },
  'signing-key-passphrase': signingKeyPassphrase,
  'root-key': {
    ...rootKey,
    note: 'It signs that first publish only, and is opened besides where neither a pin nor a record at the signing key says which root is genuine. Without it a repository without trust data is an error, and no key is ever made up. Pipelines should not have it: initialise with `keys init`.',
  },
  'root-key-passphrase': rootKeyPassphrase,
  'trust-pin': trustPin,
} as const satisfies Inputs;

/** The same, where the Docker CLI may sign as well. */
export const signingInputs = { engine, ...nativeSigningInputs } as const satisfies Inputs;

/** What signs, and how. */
export interface SigningConfiguration {
  readonly engine: 'native' | 'docker';
  readonly signingKey: NamedKey;
  readonly rootKey: NamedKey | undefined;
  readonly pins: readonly PinReference[];
  /** Whether the tags appear only after they are signed. */
  readonly tagsLast: 'auto' | 'always' | 'never';
}

/**
 * What signs. Keys and pins are read also where nothing is to be signed.
 * @param remedy for a missing key, where there is another one than to name it.
 */
export function readSigning(
  read: Read<typeof nativeSigningInputs>,
  isSigning: boolean,
  how: Pick<SigningConfiguration, 'engine' | 'tagsLast'>,
  remedy?: string,
): SigningConfiguration | undefined {
  const signingKey = isSigning
    ? requireSigningKey(read, remedy)
    : readKeyInput('signing-key', read);
  // Whether the root key is needed depends on the repository.
  const rootKey = readKeyInput('root-key', read);
  const pins = readPins(read, isSigning);
  return isSigning && signingKey ? { ...how, signingKey, rootKey, pins } : undefined;
}

/** The delegations that `required-signers` names, each once. */
export function readRequiredSigners({
  values,
  parse,
}: Read<{ readonly 'required-signers': typeof requiredSigners }>): readonly RoleName[] {
  const roles = values['required-signers'].flatMap(
    (name) =>
      parse('required-signers', () => parseRole(roleOfSigner(name.replace(/^targets\//, '')))) ??
      [],
  );
  return [...new Set(roles)];
}

/** A role that lists tags. @throws {TrustError} INPUT_INVALID */
export function parseRole(role: string): RoleName {
  if (isRoleName(role) && (role === 'targets' || role.startsWith('targets/'))) return role;
  throw new TrustError('INPUT_INVALID', `${JSON.stringify(role)} is not a role that lists tags`, {
    remedy: 'Give targets or a delegation such as targets/ci.',
  });
}
