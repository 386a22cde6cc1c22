/**
 * Writes private keys that may leave their vault into an archive as Docker keeps them. All keys or
 * none: nothing is written before every key is open, and the archive counts as written only after
 * every key in it was opened again.
 */
import path from 'node:path';
import {
  isVaultUrl,
  labelKey,
  readExportable,
  readPassphrase,
  requireExportable,
  type ExportableKey,
  type ExportableReference,
  type LabelledKey,
} from '../../azure/index.js';
import {
  checkNewFile,
  describePurpose,
  formatKeyReference,
  readBackArchive,
  requireDockerPassphrase,
  writeDockerKeyFile,
  writeKeyArchive,
} from '../../signing/index.js';
import type { Gun, TrustedView } from '../../trust/index.js';
import type { AzureAccess } from '../../access/index.js';
import { defineCommand } from '../command.js';
import type { Run } from '../run.js';
import { archive, keys, readKeyReferences } from '../inputs/key-inputs.js';
import { readPins, type PinReference } from '../inputs/pins.js';
import type { NamedRepository } from '../../repositories/index.js';
import { code } from '../../report/text.js';
import { paragraph } from '../../report/report.js';
import { codeColumn, tableOf } from '../../report/table.js';
import {
  keyRepositoryInputs,
  loadKeyRepositories,
  readKeyRepositories,
  viewsOf,
} from './key-repositories.js';
import {
  openerOf,
  passphraseInputs,
  readKeyPassphrases,
  type KeyPassphrases,
} from './passphrases.js';

interface ExportConfiguration {
  /** At least one, each once. */
  readonly sources: readonly ExportableReference[];
  /** Absolute path. */
  readonly file: string;
  /** The passphrase of the archive, or the URL of the secret that holds it. */
  readonly filePassphrase: string;
  readonly passphrases: KeyPassphrases;
  /** Whose trust data says what the keys are for; may be empty. */
  readonly repositories: readonly NamedRepository[];
  readonly pins: readonly PinReference[];
}

export const keysExport = defineCommand({
  name: 'keysExport',
  label: "Keys: export in Docker's format",
  help: "Exports keys into an archive in Docker's own format. Only keys that may leave the vault: secrets and exportable certificates.",
  example: ['keys', 'archive'],
  inputs: {
    ...keyRepositoryInputs,
    ...passphraseInputs,
    keys: { ...keys, required: true, note: 'The keys to export.' },
    archive: { ...archive, required: true, note: 'The tar.gz to write, which must not exist.' },
    'archive-passphrase': {
      type: 'text',
      group: 'keys',
      label: 'Passphrase of exported keys',
      help: 'Encrypts the private keys in the archive that `keysExport` writes; Docker asks for it when it uses them. At least 8 characters. The value, or the URL of a Key Vault secret that holds it.',
      secret: true,
      references: ['url'],
      example: 'https://contoso-keys.vault.azure.net/secrets/export-passphrase',
      required: true,
    },
  },
  outputs: ['archive', 'key-id'],
  parse: (read): ExportConfiguration => {
    const { values, workingDirectory } = read;
    const filePassphrase = values['archive-passphrase'];
    if (filePassphrase !== undefined && !isVaultUrl(filePassphrase)) {
      read.parse('archive-passphrase', () => {
        requireDockerPassphrase(filePassphrase);
      });
    }
    const sources = readKeyReferences(read).flatMap(
      (named) => read.parse('keys', () => requireExportable(named)) ?? [],
    );
    return {
      sources: [...new Map(sources.map((source) => [JSON.stringify(source), source])).values()],
      file: path.resolve(workingDirectory, values.archive ?? ''),
      filePassphrase: filePassphrase ?? '',
      passphrases: readKeyPassphrases(read),
      repositories: readKeyRepositories(read),
      pins: readPins(read),
    };
  },
  run: async (configuration, run) => {
    const { file, repositories, pins } = configuration;
    await checkNewFile(file, run.workingDirectory);
    const azure = run.access.azure(hostOf(configuration));
    const passphrase = await readFilePassphrase(configuration, azure, run);
    const opened = await run.log.group('Keys', () => openAll(configuration, azure, run));
    const loaded = await loadKeyRepositories(repositories, [], pins, azure, run);
    for (const { error } of loaded) if (error) throw error;
    const exported = labelKeys(opened, viewsOf(loaded), run);
    const files = exported.map(({ privateKey, role, gun }) =>
      writeDockerKeyFile(privateKey, { role, passphrase, ...(gun !== undefined && { gun }) }),
    );
    await writeKeyArchive(file, files, run.clock());
    await readBackArchive(file, exported, passphrase);
    return {
      title: 'Archive',
      heading: 'Exported keys',
      body: [
        { summary: `To ${code(file)}` },
        tableOf(exported, [
          { heading: 'Key', text: describePurpose },
          codeColumn('Key ID', ({ keyId }) => keyId),
          codeColumn('From', ({ reference }) => formatKeyReference(reference)),
        ]),
        { log: `Written to ${file}, and every key read back.` },
        ...archiveNotes(file, exported).map(paragraph),
      ],
      facts: {
        archive: file,
        keys: exported.map(({ keyId, role, gun, reference, usage }) => ({
          keyId,
          role,
          gun,
          from: formatKeyReference(reference),
          serves: usage,
        })),
      },
      outputs: { archive: file, 'key-id': exported.map(({ keyId }) => keyId).join(',') },
    };
  },
});

/** What tells the cloud: the first registry, or else the first vault. */
function hostOf({ sources, repositories }: ExportConfiguration): string | undefined {
  const [vault] = sources.flatMap((source) => (source.kind === 'file' ? [] : [source.vaultUrl]));
  return repositories[0]?.registry ?? (vault === undefined ? undefined : new URL(vault).hostname);
}

async function readFilePassphrase(
  { filePassphrase }: ExportConfiguration,
  { credential }: AzureAccess,
  { secrets, signal, clock, nameInput }: Run,
): Promise<string> {
  const input = { passphrase: filePassphrase, passphraseInput: nameInput('archive-passphrase') };
  const passphrase = (await readPassphrase(input, { credential, secrets, signal, clock })) ?? '';
  requireDockerPassphrase(passphrase);
  return passphrase;
}

/** Opens every key, one after the other, as a person may have to be asked; each key once. */
async function openAll(
  { sources, passphrases }: ExportConfiguration,
  { credential }: AzureAccess,
  run: Run,
): Promise<readonly ExportableKey[]> {
  const open = openerOf(passphrases, credential, run);
  const opened = new Map<string, ExportableKey>();
  for (const source of sources) {
    const key = await readExportable(source, open, credential, run);
    if (!opened.has(key.keyId)) opened.set(key.keyId, key);
    run.log.info(`key ID ${key.keyId}`);
  }
  return [...opened.values()];
}

function labelKeys(
  opened: readonly ExportableKey[],
  views: ReadonlyMap<Gun, TrustedView>,
  { log, nameInput }: Run,
): readonly LabelledKey[] {
  const labelled = opened.map((key) => labelKey(key, views, nameInput));
  for (const { keyId, usage } of labelled) {
    if (views.size === 0 || usage.length > 0) continue;
    log.warn(`The key ${keyId} is used in none of the named repositories.`);
  }
  return labelled;
}

/** How the archive is used, and what becomes of it. */
function archiveNotes(file: string, exported: readonly LabelledKey[]): readonly string[] {
  const roots = exported.filter(({ role }) => role === 'root').length;
  const variables = [
    ...(roots > 0 ? ['DOCKER_CONTENT_TRUST_ROOT_PASSPHRASE'] : []),
    ...(roots < exported.length ? ['DOCKER_CONTENT_TRUST_REPOSITORY_PASSPHRASE'] : []),
  ];
  return [
    `Unpack it where Docker (up to 28) signs: (umask 077; mkdir -p ~/.docker/trust && tar -xzf ${file} -C ~/.docker/trust)`,
    `Docker asks for the passphrase of the archive, or takes it from ${variables.join(' and ')}.`,
    'Whoever has the archive and its passphrase has the keys. Move it to where it is needed and destroy it here; do not publish it as an artifact.',
  ];
}
