/**
 * Brings the keys of Docker or notary into Key Vault, so that pipelines sign the same repositories
 * with the same keys. The old store is only read. Says of a key that it is in the vault only after
 * it was read back, and what it serves only from verified trust data.
 */
import type { InputValues } from '../../inputs/values.js';
import type { Log } from '../../../ports.js';
import { parseKeyReference, readKeyStore } from '../../../signing/index.js';
import { anchored, presentedRootKeys, type Gun, type TrustedView } from '../../../trust/index.js';
import type { RunContext } from '../../context.js';
import { handOnReport } from '../../report/report-file.js';
import type { AzureAccess } from '../../access/access.js';
import { resolvePin, warnOfFirstUse } from '../../signing/pins.js';
import { noteRoots } from '../../signing/root-record.js';
import { createKeyOpener } from '../stored-keys/passphrases.js';
import { describePurpose } from '../stored-keys/stored-key-names.js';
import { lookAtTrust, repositoriesOf, viewsOf, type LookedAt } from '../stored-keys/trust-data.js';
import { adviceLines, adviseOn, oldFilesOf } from './advice.js';
import { bringKeys, wouldBring, type BroughtKey } from './bring.js';
import { readImportConfiguration, type ImportConfiguration } from './configuration.js';
import { failureOf } from './failure.js';
import { openStoredKeys, type OpenedStore } from './open-keys.js';
import { planImport, type PlannedKey } from './plan.js';
import {
  importReport,
  importSummary,
  importTable,
  oldFileLines,
  type ImportFacts,
} from './report.js';

/**
 * Runs `keys import`.
 * @throws {TrustError} ARCHIVE_INVALID, before anything is done, for what is no store of keys;
 *   KEY_PASSPHRASE_MISSING, KEY_PASSPHRASE_WRONG, KEY_UNSUITABLE, KEY_CONFLICT and the refusals of
 *   the vault, after all other keys were brought in.
 */
export async function importKeys(inputs: InputValues, context: RunContext): Promise<void> {
  const { workingDirectory, nameInput, secrets, problems } = context;
  const configuration = readImportConfiguration(inputs, workingDirectory, problems);
  const { archive, dryRun, vaultUrl } = configuration;
  const { log, warnings } = context;
  const azure = context.access.azure(
    configuration.registry ?? configuration.repositories[0]?.registry ?? new URL(vaultUrl).hostname,
  );
  const store = await readKeyStore(archive);
  const found = await log.group('Archive', () => {
    log.info(`${archive}: ${store.keys.length} keys`);
    for (const key of store.keys) log.info(`${key.path}  ${describePurpose(key)}`);
    for (const { path, why } of store.leftOut) log.info(`${path} ${why}.`);
    for (const { path, why } of store.unusable) log.warn(`${path} ${why}.`);
    return openStoredKeys(store, createKeyOpener(inputs, azure.credential, context), secrets, log);
  });
  const looked = await look(found, configuration, azure, context);
  const planned = planImport(found.opened, viewsOf(looked), configuration);
  warnOfUse(planned, configuration, log);
  const keys = await bring(planned, configuration, azure, context);
  await recordRoots(keys, viewsOf(looked), azure, context);
  const facts: ImportFacts = {
    dryRun,
    archive,
    keys,
    closed: found.closed,
    unusable: store.unusable,
    looked,
    advice: adviseOn(looked, keys, found.closed),
    oldFiles: oldFilesOf(keys),
    warnings,
  };
  await log.group('Result', () => {
    for (const line of importTable(facts)) log.info(line);
    for (const one of facts.advice) {
      for (const line of adviceLines(one, nameInput)) log.info(line);
    }
    for (const line of oldFileLines(facts)) log.info(line);
    if (dryRun) log.info('Nothing was changed.');
    return Promise.resolve();
  });
  context.setOutput('repositories', facts.advice.map(({ gun }) => gun).join('\n'));
  await handOnReport(importReport(facts), configuration.reportPath, context);
  await context.addSummary(importSummary(facts, nameInput));
  const failure = failureOf(facts);
  if (failure) throw failure;
}

/** The trust data of every repository that was named, by the inputs or by a key. */
async function look(
  { opened, closed }: OpenedStore,
  configuration: ImportConfiguration,
  azure: AzureAccess,
  context: RunContext,
): Promise<readonly LookedAt[]> {
  const { log } = context;
  const guns = [
    ...opened.flatMap((key) => key.guns),
    ...closed.flatMap(({ gun }) => (gun === undefined ? [] : [gun])),
  ];
  const all = repositoriesOf(configuration, guns);
  if (all.length === 0) return [];
  return log.group('Trust data', async () => {
    const pins = await Promise.all(
      configuration.pins.map((pin) => resolvePin(pin, azure, context)),
    );
    const looked = await lookAtTrust(all, configuration, pins, context);
    // A root that a key of this store has signed is genuine: the store is the owner's.
    const available = [...opened, ...closed].flatMap(({ keyId }) =>
      keyId === undefined ? [] : [{ keyId }],
    );
    return looked.map((one): LookedAt => {
      if (!one.view) return one;
      const { view } = anchored(one.view, pins, { available, signing: [] });
      const isFromStore = view.pinnedBy.kind === 'pin' && one.view.pinnedBy.kind !== 'pin';
      if (isFromStore) log.info(`the root key of ${one.gun} is in this store`);
      warnOfFirstUse(view, context.nameInput, log);
      return { ...one, view };
    });
  });
}

async function bring(
  planned: readonly PlannedKey[],
  configuration: ImportConfiguration,
  azure: AzureAccess,
  context: RunContext,
): Promise<readonly BroughtKey[]> {
  const { log } = context;
  const { dryRun, vaultUrl } = configuration;
  if (dryRun) return wouldBring(planned, configuration);
  return log.group('Import', async () => {
    const urls: string[] = [];
    const note = (url: string): void => {
      urls.push(url);
      context.setOutput('keys', urls.join('\n'));
    };
    // One alone, as it brings the token that the others then have.
    const first = planned.slice(0, 1);
    const brought = [
      ...(await bringKeys(first, configuration, azure, context, note)),
      ...(await bringKeys(planned.slice(1), configuration, azure, context, note)),
    ];
    if (brought.some(({ signs }) => signs === 'not permitted')) {
      log.info(
        `This principal may not sign with the keys in ${vaultUrl}, so that they sign was not tried; their public halves are those of the files.`,
      );
    }
    return brought;
  });
}

/** Binds each key to the roots of the repositories it signs, as far as more than the server vouches for them. */
async function recordRoots(
  keys: readonly BroughtKey[],
  views: ReadonlyMap<Gun, TrustedView>,
  azure: AzureAccess,
  context: RunContext,
): Promise<void> {
  for (const { url, services } of keys) {
    if (url === undefined) continue;
    const roots = services
      .filter(({ roles }) => roles.some((role) => role !== 'root'))
      .flatMap(({ gun }) => {
        const view = views.get(gun);
        return view?.pinnedBy.kind === 'pin' ? presentedRootKeys(view) : [];
      });
    const add = [...new Set(roots)];
    await noteRoots(parseKeyReference(url), { add }, azure, context);
  }
}

/** What people should know of keys that are of little use, or kept together. */
function warnOfUse(
  planned: readonly PlannedKey[],
  { vaultUrl, rootVaultUrl, storeAs }: ImportConfiguration,
  log: Log,
): void {
  for (const { key, purpose, services, destination } of planned) {
    const what = `${key.paths.join(', ')} (${describePurpose(purpose)})`;
    if (!destination) {
      log.warn(
        `${what} is not imported: nothing here signs snapshots, the server does. Where it still holds the role, hand it over with "keys rotate" and the role "snapshot".`,
      );
    } else if (services.length === 0) {
      log.warn(
        `${what} serves none of the repositories that were looked at. It is imported all the same; name its repositories to have them looked at.`,
      );
    }
  }
  const roles = new Set(planned.map(({ purpose }) => purpose.role));
  if (vaultUrl === rootVaultUrl && roles.has('root') && roles.size > 1) {
    log.warn(
      `Root keys and repository keys go into the same vault, ${vaultUrl}: whoever administers it has both. Keep root keys in a vault of their own, which pipelines cannot reach.`,
    );
  }
  if (storeAs === 'secret') {
    log.warn(
      'The keys are stored as secrets: whoever may read the secrets has the private keys. As Key Vault keys they would never leave the vault.',
    );
  }
}
