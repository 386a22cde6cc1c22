/**
 * Writes private keys that may leave their vault into an archive as Docker keeps them. All keys or
 * none: nothing is written before every key is open, and the archive counts as written only after
 * every key in it was opened again.
 */
import { rm } from 'node:fs/promises';
import { readPassphrase } from '../../../azure/index.js';
import { TrustError } from '../../../errors.js';
import type { InputValues } from '../../inputs/values.js';
import {
  checkNewFile,
  createMemorySigner,
  readKeyStore,
  writeDockerKeyFile,
  writeKeyArchive,
} from '../../../signing/index.js';
import type { Gun, TrustedView } from '../../../trust/index.js';
import type { RunContext } from '../../context.js';
import { handOnReport } from '../../report/report-file.js';
import type { AzureAccess } from '../../access/access.js';
import { resolvePin } from '../../signing/pins.js';
import { createKeyOpener } from '../stored-keys/passphrases.js';
import { lookAtTrust, viewsOf } from '../stored-keys/trust-data.js';
import {
  checkPassphrase,
  readExportConfiguration,
  type ExportConfiguration,
} from './configuration.js';
import { labelKey, type LabelledKey } from './purpose.js';
import { readExportable, type ExportableKey } from './read-keys.js';
import { exportReport, exportSummary, exportTable, useOfArchive } from './report.js';

/**
 * Runs `keys export`.
 * @throws {TrustError} KEY_NOT_EXPORTABLE for keys that stay in their vault; FILE_NOT_WRITTEN when
 *   the archive is there already; and whatever keeps one of the keys from being opened.
 */
export async function exportKeys(inputs: InputValues, context: RunContext): Promise<void> {
  const { workingDirectory, clock, problems } = context;
  const configuration = readExportConfiguration(inputs, workingDirectory, problems);
  const { archive } = configuration;
  await checkNewFile(archive, workingDirectory);
  const { log, warnings } = context;
  const azure = context.access.azure(hostOf(configuration));
  const passphrase = await archivePassphrase(inputs, azure, context);
  const opened = await log.group('Keys', () => openAll(configuration, azure, inputs, context));
  const views = await look(configuration, azure, context);
  const keys = opened.map((key) => labelKey(key, views, context));
  for (const { keyId, services } of keys) {
    if (views.size === 0 || services.length > 0) continue;
    log.warn(`The key ${keyId} serves none of the repositories that were named.`);
  }
  const facts = { archive, keys, warnings };
  await log.group('Archive', async () => {
    const files = keys.map(({ privateKey, role, gun }) =>
      writeDockerKeyFile(privateKey, { role, passphrase, ...(gun === undefined ? {} : { gun }) }),
    );
    await writeKeyArchive(archive, files, clock());
    await readBack(archive, keys, passphrase);
    for (const line of exportTable(facts)) log.info(line);
    log.info(`Written to ${archive}, and every key read back.`);
    for (const line of useOfArchive(facts)) log.info(line);
  });
  context.setOutput('archive', archive);
  context.setOutput('key-id', keys.map(({ keyId }) => keyId).join(','));
  const report = exportReport(facts);
  await handOnReport(report, configuration.reportPath, context);
  await context.addSummary(exportSummary(facts));
}

/** Opens every key, one after the other, as a person may have to be asked; each key once. */
async function openAll(
  { sources }: ExportConfiguration,
  azure: AzureAccess,
  inputs: InputValues,
  context: RunContext,
): Promise<readonly ExportableKey[]> {
  const { log } = context;
  const open = createKeyOpener(inputs, azure.credential, context);
  const opened = new Map<string, ExportableKey>();
  for (const source of sources) {
    const key = await readExportable(source, open, azure, context);
    if (!opened.has(key.keyId)) opened.set(key.keyId, key);
    log.info(`key ID ${key.keyId}`);
  }
  return [...opened.values()];
}

/** @throws {TrustError} the first repository's that cannot be read: it was named to be asked */
async function look(
  configuration: ExportConfiguration,
  azure: AzureAccess,
  context: RunContext,
): Promise<ReadonlyMap<Gun, TrustedView>> {
  const { log } = context;
  const { repositories } = configuration;
  if (repositories.length === 0) return new Map();
  return log.group('Trust data', async () => {
    const pins = await Promise.all(
      configuration.pins.map((pin) => resolvePin(pin, azure, context)),
    );
    const looked = await lookAtTrust(repositories, configuration, pins, context);
    const failed = looked.find(({ error }) => error !== undefined)?.error;
    if (failed) throw failed;
    return viewsOf(looked);
  });
}

async function archivePassphrase(
  inputs: InputValues,
  { credential }: AzureAccess,
  { secrets, signal, clock, nameInput }: RunContext,
): Promise<string> {
  const passphraseInput = nameInput('archive-passphrase');
  const input = { passphrase: inputs['archive-passphrase'], passphraseInput };
  const passphrase = await readPassphrase(input, { credential, secrets, signal, clock });
  if (passphrase === undefined) throw new TypeError('a problem with an input went unnoticed');
  checkPassphrase(passphrase);
  return passphrase;
}

/** @throws {TrustError} READ_BACK_FAILED; what was written is taken away again then */
async function readBack(
  archive: string,
  keys: readonly LabelledKey[],
  passphrase: string,
): Promise<void> {
  try {
    const { keys: stored } = await readKeyStore(archive);
    const found = new Set(
      stored.map((key) => createMemorySigner(key.open(passphrase, '').privateKey, key.path).keyId),
    );
    const missing = keys.filter(({ keyId }) => !found.has(keyId));
    if (missing.length === 0) return;
    throw new TrustError(
      'READ_BACK_FAILED',
      `${archive} does not hold what was written to it: ${missing.map(({ keyId }) => keyId).join(', ')}`,
      { remedy: 'Check the disk of this agent, then run it again.' },
    );
  } catch (error) {
    await rm(archive, { force: true });
    throw error;
  }
}

/** The first vault that is named, for the cloud of the sign-in. */
/** What tells the cloud: the first registry, or else the first vault. */
function hostOf({ sources, repositories }: ExportConfiguration): string | undefined {
  const [vault] = sources.flatMap((source) => (source.kind === 'file' ? [] : [source.vaultUrl]));
  return repositories[0]?.registry ?? (vault === undefined ? undefined : new URL(vault).hostname);
}
