/** What the commands on signers were asked for, checked as far as it can be without asking anybody. */
import type { LoginConfiguration } from '../access/access.js';
import path from 'node:path';
import { TrustError } from '../../errors.js';
import type { ProblemList } from '../../inputs/index.js';
import type { InputValues } from '../inputs/values.js';
import { parseKeyReference, type KeyReference } from '../../signing/index.js';
import { isSignerName } from '../../trust/index.js';
import { checkIdentity, readPins } from '../configuration/common-inputs.js';
import { readKeyInput, readKeySources, type KeySource } from '../configuration/key-inputs.js';
import type { PinReference } from '../configuration/trust-pin.js';
import { readConfirmed, readRepositories, type NamedRepository } from '../repositories/index.js';

/** What all of them need. */
export interface SignersConfiguration extends LoginConfiguration {
  /** At least one. */
  readonly repositories: readonly NamedRepository[];
  readonly pins: readonly PinReference[];
  /** Absolute. */
  readonly reportPath: string | undefined;
}

/** What changing takes besides. */
export interface ChangeConfiguration extends SignersConfiguration {
  /** Without `targets/`. */
  readonly signer: string;
  /** The repository key first, if it was given as such. */
  readonly keys: readonly KeySource[];
  readonly dryRun: boolean;
}

export interface AddConfiguration extends ChangeConfiguration {
  /** At least one; only the public half of them is read. */
  readonly signerKeys: readonly KeyReference[];
}

export interface RemoveConfiguration extends ChangeConfiguration {
  /** GUNs of repositories that may lose signed tags. */
  readonly confirmed: ReadonlySet<string>;
}

/** @throws {TrustError} with everything that is wrong with the inputs, as the two below. */
export function readListConfiguration(
  inputs: InputValues,
  workingDirectory: string,
  problems: ProblemList,
): SignersConfiguration {
  const common = readCommon(inputs, workingDirectory, problems);
  problems.throwIfAny();
  return common;
}

/** @throws {TrustError} */
export function readAddConfiguration(
  inputs: InputValues,
  workingDirectory: string,
  problems: ProblemList,
): AddConfiguration {
  const common = readCommon(inputs, workingDirectory, problems);
  const change = readChange(inputs, workingDirectory, problems);
  const signerKeys = readSignerKeys(inputs, workingDirectory, problems);
  problems.throwIfAny();
  return { ...common, ...change, signerKeys };
}

/** @throws {TrustError} */
export function readRemoveConfiguration(
  inputs: InputValues,
  workingDirectory: string,
  problems: ProblemList,
): RemoveConfiguration {
  const common = readCommon(inputs, workingDirectory, problems);
  const change = readChange(inputs, workingDirectory, problems);
  const confirmed = readConfirmed(inputs, common.repositories, problems);
  problems.throwIfAny();
  return { ...common, ...change, confirmed };
}

function readCommon(
  inputs: InputValues,
  workingDirectory: string,
  problems: ProblemList,
): SignersConfiguration {
  const repositories = readRepositories(inputs, problems);
  const pins = readPins(inputs, workingDirectory, problems);
  checkIdentity(inputs, problems);
  const reportPath = inputs['trust-report'];
  return {
    repositories,
    pins,
    cloud: inputs.cloud,
    registryLogin: inputs['registry-login'],
    reportPath: reportPath === undefined ? undefined : path.resolve(workingDirectory, reportPath),
  };
}

function readChange(
  inputs: InputValues,
  workingDirectory: string,
  problems: ProblemList,
): Pick<ChangeConfiguration, 'signer' | 'keys' | 'dryRun'> {
  const signer = inputs.signer ?? '';
  if (inputs.signer !== undefined) {
    problems.parse('signer', () => {
      checkSignerName(signer);
    });
  }
  const signingKey = readKeyInput('signing-key', inputs, workingDirectory, problems);
  const keys = readKeySources(inputs, workingDirectory, problems);
  if (inputs['signing-key'] === undefined) {
    const remedy = `Give the repository key, which alone may change who signs: ${problems.nameInput('signing-key')}: https://contoso-keys.vault.azure.net/keys/team-app.`;
    problems.add({ input: 'signing-key', problem: 'is not set', code: 'INPUT_MISSING', remedy });
  }
  return {
    signer,
    keys: [...(signingKey ? [signingKey] : []), ...keys],
    dryRun: inputs['dry-run'],
  };
}

/** @throws {TrustError} INPUT_INVALID */
function checkSignerName(name: string): void {
  if (isSignerName(name)) return;
  const why =
    name === 'releases'
      ? 'it is what Docker calls the role of all signers together'
      : name.startsWith('targets/')
        ? 'it is the name of a role; a signer is named without "targets/"'
        : 'it is not made of lower-case letters, digits, hyphens and underscores';
  throw new TrustError('INPUT_INVALID', `${JSON.stringify(name)} cannot be a signer: ${why}`, {
    remedy: 'Give a name such as "ci", which stands for the role targets/ci.',
  });
}

function readSignerKeys(
  inputs: InputValues,
  workingDirectory: string,
  { parse, add, nameInput }: ProblemList,
): readonly KeyReference[] {
  const texts = inputs['signer-key'];
  if (texts.some((text) => text.includes('-----BEGIN'))) {
    const isPrivate = texts.some((text) => /-----BEGIN [A-Z ]*PRIVATE KEY/.test(text));
    add({
      input: 'signer-key',
      problem: `holds the text of a ${isPrivate ? 'private key' : 'key'}`,
      code: 'INPUT_INVALID',
      remedy: isPrivate
        ? 'Consider the private key exposed and have the signer make a new one. A signer is added by the public half, in a file or in Key Vault.'
        : `Write it to a file, and give its path in ${nameInput('signer-key')}.`,
    });
    return [];
  }
  return texts.flatMap((text): readonly KeyReference[] => {
    const reference = parse('signer-key', (): KeyReference => {
      const read = parseKeyReference(text);
      if (read.kind !== 'vault-secret') return read;
      throw new TrustError(
        'INPUT_INVALID',
        'it names a Key Vault secret, and a signer is added by the public key',
        {
          remedy:
            'Give the Key Vault key or certificate, or a file with the public half of what the secret holds, as `openssl pkey -in <file> -pubout` prints it.',
        },
      );
    });
    if (!reference) return [];
    return reference.kind === 'file'
      ? [{ ...reference, path: path.resolve(workingDirectory, reference.path) }]
      : [reference];
  });
}
