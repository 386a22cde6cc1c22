/**
 * Decides what the headers of an exported key say. Docker chooses the passphrase by the role, so a
 * role is never made up: what neither the key nor its tags say, the trust data has to. Pure.
 */
import { TrustError } from '../../../errors.js';
import { formatKeyReference } from '../../../signing/index.js';
import { parentOf, type Gun, type RoleName, type TrustedView } from '../../../trust/index.js';
import type { RunContext } from '../../context.js';
import { servicesOf, type Service } from '../stored-keys/serving.js';
import type { ExportableKey } from './read-keys.js';

/** A key with the headers it is to get. */
export interface LabelledKey extends ExportableKey {
  /** As Docker writes it: a signer's name for a delegation key. */
  readonly role: string;
  /** For `targets` and `snapshot` keys only. */
  readonly gun: Gun | undefined;
  /** Where the repositories of the run list it. */
  readonly services: readonly Service[];
}

/** @throws {TrustError} KEY_PURPOSE_UNKNOWN when nothing says what the key is for */
export function labelKey(
  key: ExportableKey,
  views: ReadonlyMap<Gun, TrustedView>,
  { nameInput }: Pick<RunContext, 'nameInput'>,
): LabelledKey {
  const services = servicesOf(views, key.keyId);
  const role = key.purpose.role ?? roleFrom(services);
  if (role === undefined) {
    const looked =
      views.size === 0
        ? 'no repository is named whose trust data could say it'
        : `${[...views.keys()].join(', ')} do${views.size === 1 ? 'es' : ''} not list it`;
    throw new TrustError(
      'KEY_PURPOSE_UNKNOWN',
      `Nothing says what the key ${key.keyId} in ${formatKeyReference(key.reference)} is for: it has no headers and no tags, and ${looked}.`,
      {
        remedy: `Name its repository in ${nameInput('registry')} and ${nameInput('repository')}. Docker asks for the passphrase of a key by its role.`,
      },
    );
  }
  const ofRepository = role === 'targets' || role === 'snapshot';
  const gun = key.purpose.gun ?? services.find(({ roles }) => roles.includes(role))?.gun;
  return { ...key, role, gun: ofRepository ? gun : undefined, services };
}

/** Root first: whoever holds a root key must not take it for anything less. */
function roleFrom(services: readonly Service[]): string | undefined {
  const roles = services.flatMap((service) => service.roles);
  const [base] = (['root', 'targets', 'snapshot'] as const).filter((role) => roles.includes(role));
  return base ?? signerOf(roles);
}

/** Docker lists the key of a signer in `targets/<signer>` and in `targets/releases`. */
function signerOf(roles: readonly RoleName[]): string | undefined {
  const names = roles
    .filter((role) => parentOf(role) === 'targets')
    .map((role) => role.slice('targets/'.length));
  const signer = names.find((name) => name !== 'releases') ?? names[0];
  return signer ?? (roles.some((role) => role.startsWith('targets/')) ? 'delegation' : undefined);
}
