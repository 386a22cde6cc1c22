/** What `keys export` was asked for, checked as far as it can be without asking anybody. */
import type { LoginConfiguration } from '../../access/access.js';
import path from 'node:path';
import { TrustError } from '../../../errors.js';
import type { ProblemList } from '../../../inputs/index.js';
import type { InputValues } from '../../inputs/values.js';
import {
  vaultServiceOf,
  type FileKeyReference,
  type VaultCertificateReference,
  type VaultKeyReference,
  type VaultSecretReference,
} from '../../../signing/index.js';
import { checkIdentity, readPins } from '../../configuration/common-inputs.js';
import { readKeySources } from '../../configuration/key-inputs.js';
import type { PinReference } from '../../configuration/trust-pin.js';
import { readRepositories, type NamedRepository } from '../../repositories/index.js';

/** Something that may give its private key away. */
export type ExportableReference =
  FileKeyReference | VaultSecretReference | VaultCertificateReference;

export interface ExportConfiguration extends LoginConfiguration {
  /** At least one, each once. */
  readonly sources: readonly ExportableReference[];
  /** Absolute path. */
  readonly archive: string;
  /** Whose trust data says what the keys are for; may be empty. */
  readonly repositories: readonly NamedRepository[];
  readonly pins: readonly PinReference[];
  readonly reportPath: string | undefined;
}

/** Docker's own prompt takes nothing shorter (theupdateframework/notary passphrase/passphrase.go). */
export const shortestPassphrase = 8;

/** @throws {TrustError} with everything that is wrong with the inputs. */
export function readExportConfiguration(
  inputs: InputValues,
  workingDirectory: string,
  problems: ProblemList,
): ExportConfiguration {
  const { add, parse } = problems;
  const named = readKeySources(inputs, workingDirectory, problems);
  const sources = named.flatMap((source): ExportableReference[] => {
    if ('vaultUrl' in source) {
      add({
        input: 'keys',
        problem: `names the whole vault ${source.vaultUrl}`,
        code: 'KEY_NOT_EXPORTABLE',
        remedy: `The keys of a vault do not leave it. Name the secrets and certificates that are to be exported, such as ${source.vaultUrl}/secrets/team-app.`,
      });
      return [];
    }
    const { reference } = source;
    if (reference.kind !== 'vault-key') return [reference];
    parse('keys', () => {
      throw keyStays(reference);
    });
    return [];
  });
  if (inputs.keys.length === 0) {
    add({ input: 'keys', problem: 'is not set', code: 'INPUT_MISSING' });
  }
  const { archive, 'archive-passphrase': passphrase, 'trust-report': reportPath } = inputs;
  if (archive === undefined) {
    add({ input: 'archive', problem: 'is not set', code: 'INPUT_MISSING' });
  }
  if (passphrase === undefined) {
    add({ input: 'archive-passphrase', problem: 'is not set', code: 'INPUT_MISSING' });
  } else if (!isVaultUrl(passphrase)) {
    parse('archive-passphrase', () => {
      checkPassphrase(passphrase);
    });
  }
  const isNamed = inputs.repository !== undefined || inputs.images.length > 0;
  const repositories = isNamed ? readRepositories(inputs, problems) : [];
  const pins = readPins(inputs, workingDirectory, problems);
  checkIdentity(inputs, problems);
  problems.throwIfAny();
  if (archive === undefined) throw new TypeError('a problem with an input went unnoticed');
  return {
    sources: [...new Map(sources.map((source) => [JSON.stringify(source), source])).values()],
    archive: path.resolve(workingDirectory, archive),
    repositories,
    pins,
    cloud: inputs.cloud,
    registryLogin: inputs['registry-login'],
    reportPath: reportPath === undefined ? undefined : path.resolve(workingDirectory, reportPath),
  };
}

/** @throws {TrustError} INPUT_INVALID for a passphrase that Docker would not take. */
export function checkPassphrase(passphrase: string): void {
  if (passphrase.length >= shortestPassphrase) return;
  throw new TrustError(
    'INPUT_INVALID',
    `the passphrase has fewer than ${shortestPassphrase} characters`,
    { remedy: `Give at least ${shortestPassphrase}, as Docker asks for itself.` },
  );
}

/** KEY_NOT_EXPORTABLE for a key of Key Vault. */
function keyStays({ vaultUrl, name }: VaultKeyReference): TrustError {
  return new TrustError(
    'KEY_NOT_EXPORTABLE',
    `${vaultUrl}/keys/${name} is a Key Vault key: its private key never leaves the vault`,
    {
      remedy: `Back it up with "keys backup"; such a backup only Key Vault can read. For somebody who is to sign with the Docker CLI, add a signer with a key of its own ("signers add"). The key of an exportable certificate is exported by the URL of the certificate: ${vaultUrl}/certificates/${name}.`,
    },
  );
}

function isVaultUrl(text: string): boolean {
  return URL.canParse(text) && vaultServiceOf(new URL(text).hostname) !== undefined;
}
