/**
 * Opens keys and repositories and finds out when what ends, and who can put that off. Changes
 * nothing; the right to read repositories, and the public halves of keys, is enough.
 */
import { isTrustError, unreachableCodes } from '../../../errors.js';
import {
  roleExpiries,
  isServerManaged,
  type Pin,
  type RoleExpiry,
  type ExpiryRules,
  type TrustedView,
} from '../../../trust/index.js';
import type { RunContext } from '../../context.js';
import {
  openRepositories,
  readTrust,
  thenEach,
  type Attempted,
  type OpenRepository,
} from '../../repositories/index.js';
import type { AzureAccess } from '../../access/access.js';
import type { AvailableKey } from '../../signing/available-keys.js';
import { resolvePin } from '../../signing/pins.js';
import type { RenewalConfiguration } from './configuration.js';

/** What a run has at hand for all repositories. */
export interface RenewalMeans {
  readonly azure: AzureAccess;
  readonly keys: readonly AvailableKey[];
  readonly pins: readonly Pin[];
}

/** A repository, with what was found out about it. */
export interface LookedAt extends OpenRepository {
  readonly view: TrustedView;
  readonly rules: ExpiryRules;
  readonly renewals: readonly RoleExpiry[];
}

/** Opens pins and the keys at hand. @throws {TrustError} what keeps one from being opened. */
export async function openMeans(
  { repositories, pins }: RenewalConfiguration,
  context: RunContext,
  openKeys: (azure: AzureAccess) => Promise<readonly AvailableKey[]>,
): Promise<RenewalMeans> {
  const azure = context.access.azure(repositories[0]?.registry);
  const [keys, resolved] = await Promise.all([
    openKeys(azure),
    Promise.all(pins.map((pin) => resolvePin(pin, azure, context))),
  ]);
  return { azure, keys, pins: resolved };
}

/** Logs in, reads and judges every repository. */
export async function lookAtRepositories(
  configuration: RenewalConfiguration,
  { keys, pins: given }: RenewalMeans,
  context: RunContext,
): Promise<readonly Attempted<LookedAt>[]> {
  const { log } = context;
  const { repositories, withinDays } = configuration;
  const opened = await log.group('Registry login', () => openRepositories(repositories, context));
  return log.group('Trust data', () =>
    thenEach(opened, async (repository): Promise<LookedAt> => {
      const signers = keys.map(({ signer }) => signer);
      const how = { pins: given, keys: signers, expiry: 'report' } as const;
      const { view, pins } = await readTrust(repository, how, context);
      const rules: ExpiryRules = {
        now: context.clock(),
        withinDays,
        pins,
        isSnapshotServerManaged: await askServer(repository, view, context),
      };
      return { ...repository, view, rules, renewals: roleExpiries(view, signers, rules) };
    }),
  );
}

/** Who may only read is not told which keys the server holds, and need not know it here. */
async function askServer(
  { server, gun }: OpenRepository,
  view: TrustedView,
  { signal, log }: RunContext,
): Promise<boolean | undefined> {
  try {
    return await isServerManaged(server, view, 'snapshot', signal);
  } catch (error) {
    if (!isTrustError(error, 'SIGNER_NOT_AUTHORIZED', ...unreachableCodes)) throw error;
    log.debug(`${gun}: whether the server holds the snapshot key is not known: ${error.message}`);
    return undefined;
  }
}
