/** Inputs on signing and signers. */
import { TrustError } from '../../errors.js';
import type { Input, Inputs } from '../../inputs/index.js';
import { isRoleName, roleOfSigner, type RoleName } from '../../trust/index.js';
import { readRegistryId, registryId, registryLoginInputs } from './identity.js';
import type {
  ImagePlace,
  JobOutput,
  SigningConfiguration,
  SigningTarget,
} from '../../image-signing/index.js';
import { readImage, type imageInputs } from './image.js';
import {
  readKeyInput,
  requireSigningKey,
  rootKey,
  rootKeyPassphrase,
  signingKey,
  signingKeyPassphrase,
} from './key-inputs.js';
import { readPins, trustPin } from './pins.js';
import type { Read } from './read.js';
import { readTrustServers, trustServer } from './repositories.js';

export const requiredSigners = {
  type: 'list',
  group: 'verification',
  label: 'Required signers',
  help: 'Delegations that must all have signed each tag with this digest, without `targets/`: `ci` is the role `targets/ci`.',
  example: 'ci, qa',
} as const satisfies Input;

export const engine = {
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

/**
 * What every command that signs images has: what signs, what says which root is genuine, and where it is
 * published.
 */
export const signingInputs = {
  'signing-key': {
    ...signingKey,
    note: 'The key decides the role: the delegations that list it, or `targets`. Needed whenever something is signed.',
  },
  'signing-key-passphrase': signingKeyPassphrase,
  'root-key': {
    ...rootKey,
    note: 'It signs that first publish only, and is opened besides where neither a pin nor a record at the signing key says which root is genuine. Without it a repository without trust data is an error, and no key is created unasked. Pipelines should not have it: initialise with `keys init`.',
  },
  'root-key-passphrase': rootKeyPassphrase,
  'trust-pin': trustPin,
  'registry-id': registryId,
  'trust-server': trustServer,
  ...registryLoginInputs,
} as const satisfies Inputs;

/** What {@link readSigning} cannot read from the inputs that all commands have. */
interface SigningChoices extends Partial<Pick<SigningConfiguration, 'engine' | 'tagsLast'>> {
  /** Keys and pins are read also where nothing is to be signed. Default: true. */
  readonly isSigning?: boolean;
  /** For a missing key, where there is another one than to name it. */
  readonly remedy?: string;
}

/** The outputs of a run on the image of one repository. */
export const jobOutputs = [
  'digest',
  'image',
  'signed-tags',
  'key-id',
  'role',
] as const satisfies readonly JobOutput[];

/** What signs; undefined where nothing is to be signed, or the key cannot be read. */
export function readSigning(
  read: Read<typeof signingInputs>,
  { engine = 'native', tagsLast = 'never', isSigning = true, remedy }: SigningChoices = {},
): SigningConfiguration | undefined {
  const signingKey = isSigning
    ? requireSigningKey(read, remedy)
    : readKeyInput('signing-key', read);
  // Whether the root key is needed depends on the repository.
  const rootKey = readKeyInput('root-key', read);
  const pins = readPins(read, isSigning);
  return isSigning && signingKey ? { engine, tagsLast, signingKey, rootKey, pins } : undefined;
}

/** The image that the inputs name, and where its trust data is. */
export function readImagePlace(
  read: Read<typeof imageInputs & Pick<typeof signingInputs, 'trust-server'>>,
): ImagePlace {
  const image = readImage(read);
  return { image, trustServer: readTrustServers(read)(image.registry) };
}

/** The image that the inputs name, and what its signing depends on. */
export function readSigningTarget(
  read: Read<typeof imageInputs & Pick<typeof signingInputs, 'trust-server' | 'registry-id'>>,
): SigningTarget {
  return { ...readImagePlace(read), registryId: readRegistryId(read) };
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
