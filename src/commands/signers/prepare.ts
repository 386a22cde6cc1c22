/**
 * Everything that must hold before the signers of the first repository are changed: who may publish,
 * what each repository lists, and that the keys at hand may sign it. Changes nothing.
 */
import { proveSigner } from '../../signing/index.js';
import {
  requireAnchor,
  type Pin,
  type Plan,
  type Signer,
  type TrustedView,
} from '../../trust/index.js';
import type { RunContext } from '../context.js';
import {
  eachRepository,
  loginToAll,
  readTrust,
  requireAll,
  requireServerKeys,
  type OpenRepository,
} from '../repositories/index.js';
import type { AzureAccess } from '../access/access.js';
import { openAvailableKeys } from '../signing/available-keys.js';
import { resolvePin } from '../signing/pins.js';
import type { ChangeConfiguration } from './configuration.js';

/** A repository as it was found. */
export interface ReadyRepository<P> extends OpenRepository {
  readonly view: TrustedView;
  /** What every later reading is held to. */
  readonly pins: readonly Pin[];
  readonly plan: P;
}

/** What the run can go on with. */
export interface Preparation<P> {
  readonly repositories: readonly ReadyRepository<P>[];
  readonly signers: readonly Signer[];
}

/**
 * Prepares a change.
 * @param plan what is to be done to a repository with these keys; it may refuse.
 * @throws {TrustError} whatever would keep any of the repositories from being changed.
 */
export async function prepareChange<P extends Plan>(
  configuration: ChangeConfiguration,
  azure: AzureAccess,
  context: RunContext,
  plan: (view: TrustedView, signers: readonly Signer[]) => P,
): Promise<Preparation<P>> {
  const { log } = context;
  const { keys, dryRun } = configuration;
  const open = await loginToAll(configuration.repositories, context);
  const { signers, pins } = await log.group('Keys at hand', async () => {
    const [availableKeys, resolved] = await Promise.all([
      openAvailableKeys(keys, azure, context),
      Promise.all(configuration.pins.map((pin) => resolvePin(pin, azure, context))),
    ]);
    return { signers: availableKeys.map(({ signer }) => signer), pins: resolved };
  });
  return log.group('Trust data', async () => {
    const attempted = await eachRepository(open, async (repository) => {
      const read = await readTrust(repository, { pins, keys: signers }, context);
      await requireServerKeys(repository, read.view, context.signal);
      const change = plan(read.view, signers);
      const anchor = requireAnchor({
        ...read,
        files: change.files,
        keys: signers,
        pinInput: context.nameInput('trust-pin'),
      });
      return { ...repository, ...anchor, plan: change };
    });
    const ready = requireAll(attempted, 'cannot be changed; nothing was changed anywhere');
    if (!dryRun) await proveKeys(ready.map(({ plan: { files } }) => files));
    return { repositories: ready, signers };
  });
}

/** Each key that is going to sign signs something first, so that no run ends half done for it. */
async function proveKeys(files: readonly Plan['files'][]): Promise<void> {
  const needed = files.flat().flatMap(({ signedBy }) => signedBy.map(({ signer }) => signer));
  await Promise.all([...new Set(needed)].map((signer) => proveSigner(signer)));
}
