/**
 * Imports the keys of Docker or notary into Key Vault, so that pipelines sign the same repositories
 * with the same keys. The old store is only read. Says of a key that it is in the vault only after
 * it was read back, and where it is used only from verified trust data.
 */
import { noteRoots } from '../../../azure/index.js';
import path from 'node:path';
import { imageOfGun, parseRegistryHost } from '../../../registry/index.js';
import {
  describePurpose,
  openStoredKeys,
  parseKeyReference,
  readKeyStore,
  vaultServiceOf,
  type OpenedStore,
} from '../../../signing/index.js';
import {
  anchored,
  presentedRootKeys,
  trustServerOf,
  type Gun,
  type TrustedView,
  warnOfFirstUse,
} from '../../../trust/index.js';
import type { AzureAccess } from '../../../access/index.js';
import { defineCommand } from '../../command.js';
import type { Run } from '../../run.js';
import { dryRun } from '../../inputs/image.js';
import { archive, hsm, readVault, rootVault, vault } from '../../inputs/key-inputs.js';
import { readPins, type PinReference } from '../../inputs/pins.js';
import type { NamedRepository } from '../../../repositories/index.js';
import { readTrustServer } from '../../inputs/repositories.js';
import {
  keyRepositoryInputs,
  loadKeyRepositories,
  readKeyRepositories,
  viewsOf,
  type KeyRepository,
} from '../key-repositories.js';
import {
  openerOf,
  passphraseInputs,
  readKeyPassphrases,
  type KeyPassphrases,
} from '../passphrases.js';
import {
  importKeys,
  planImport,
  previewImport,
  type ImportedKey,
  type ImportTarget,
  type PlannedKey,
} from './import-keys.js';
import { reportImport } from './import-report.js';
import { counted } from '../../../report/text.js';

interface ImportConfiguration extends ImportTarget {
  /** Absolute path of a folder or an archive. */
  readonly archive: string;
  readonly passphrases: KeyPassphrases;
  /** Those that the inputs name; the keys name more. */
  readonly repositories: readonly NamedRepository[];
  /** The registry of the inputs, also without a repository; decides on the cloud. */
  readonly registry: string | undefined;
  /** Origin of the trust server of that registry, if it is not the registry itself. */
  readonly trustServer: string | undefined;
  readonly pins: readonly PinReference[];
  readonly dryRun: boolean;
}

export const keysImport = defineCommand({
  name: 'keysImport',
  label: 'Keys: import from Docker',
  help: "Imports Docker's keys into Key Vault. Reads a `~/.docker/trust/private` folder, or a tar.gz backup of it, and says which repositories use each key.",
  example: ['archive', 'vault', 'dry-run'],
  inputs: {
    ...keyRepositoryInputs,
    ...passphraseInputs,
    'dry-run': dryRun,
    vault: { ...vault, required: true, note: 'The vault that the keys are imported into.' },
    'root-vault': { ...rootVault, note: 'Root keys are imported into it. Without it, `vault`.' },
    hsm,
    'store-as': {
      type: 'choice',
      group: 'keys',
      label: 'Store imported keys as',
      help: 'What imported keys become in Key Vault.',
      choices: {
        key: 'Keys: the private key never leaves the vault again.',
        secret:
          'Secrets that hold a PEM: for the docker engine, and for keys that are to be exported.',
      },
      default: 'key',
      example: 'secret',
    },
    archive: {
      ...archive,
      required: true,
      note: "Docker's or Notary's folder of private keys, a tar or tar.gz of one, or a file with private keys.",
    },
  },
  outputs: ['keys', 'repositories'],
  parse: (read): ImportConfiguration => {
    const { values, add, conflict, nameInput } = read;
    const repositories = readKeyRepositories(read);
    const { registry: host, 'store-as': storeAs } = values;
    const registry =
      host === undefined
        ? repositories[0]?.registry
        : read.parse('registry', () => parseRegistryHost(host));
    const trustServer = readTrustServer(read);
    if (trustServer !== undefined && registry === undefined) {
      const problem = `is not set, but "${nameInput('trust-server')}" is`;
      add({ input: 'registry', problem, code: 'INPUT_MISSING' });
    }
    const vaults = { vault: readVault('vault', read), 'root-vault': readVault('root-vault', read) };
    if (storeAs === 'secret') {
      if (values.hsm) {
        conflict(
          'hsm',
          `is set, and "${nameInput('store-as')}" is "secret"`,
          'Only keys are kept in hardware: leave one of the two out.',
        );
      }
      for (const input of ['vault', 'root-vault'] as const) {
        const url = vaults[input];
        if (url === undefined || vaultServiceOf(new URL(url).hostname) !== 'managed-hsm') continue;
        const problem = `is a Managed HSM, and "${nameInput('store-as')}" is "secret"`;
        conflict(
          input,
          problem,
          'A Managed HSM holds only keys: name a Key Vault, or store as keys.',
        );
      }
    }
    const vaultUrl = vaults.vault ?? '';
    return {
      archive: path.resolve(read.workingDirectory, values.archive ?? ''),
      vaultUrl,
      rootVaultUrl: vaults['root-vault'] ?? vaultUrl,
      store:
        storeAs === 'secret' ? { kind: 'vault-secret' } : { kind: 'vault-key', hsm: values.hsm },
      passphrases: readKeyPassphrases(read),
      repositories,
      registry,
      trustServer,
      pins: readPins(read),
      dryRun: values['dry-run'],
    };
  },
  run: async (configuration, run) => {
    const { log, nameInput } = run;
    const azure = run.access.azure(
      configuration.registry ?? new URL(configuration.vaultUrl).hostname,
    );
    const store = await readKeyStore(configuration.archive);
    const found = await log.group('Archive', () => {
      log.info(`${configuration.archive}: ${counted(store.keys.length, 'key')}`);
      for (const key of store.keys) log.info(`${key.path}  ${describePurpose(key)}`);
      for (const { path: file, why } of store.leftOut) log.info(`${file} ${why}.`);
      for (const { path: file, why } of store.unusable) log.warn(`${file} ${why}.`);
      const open = openerOf(configuration.passphrases, azure.credential, run);
      return openStoredKeys(store, open, run);
    });
    const { repositories, pins } = configuration;
    const others = repositoriesOfKeys(configuration, found);
    const loaded = anchorAtStore(
      await loadKeyRepositories(repositories, others, pins, azure, run),
      found,
      run,
    );
    const planned = planImport(found.opened, viewsOf(loaded), configuration);
    warnOfUse(planned, configuration, run);
    const keys = configuration.dryRun
      ? previewImport(planned, configuration)
      : await log.group('Import', () => importAll(planned, configuration, azure, run));
    await recordRoots(keys, viewsOf(loaded), azure, run);
    const { closed } = found;
    return reportImport(
      { ...configuration, keys, closed, unusable: store.unusable, loaded },
      nameInput,
    );
  },
});

/** The repositories that keys name and the inputs do not; a name that is not a repository is left out. */
function repositoriesOfKeys(
  { repositories, registry, trustServer }: ImportConfiguration,
  { opened, closed }: OpenedStore,
): readonly NamedRepository[] {
  const guns = new Set(
    [...opened.flatMap((key) => key.guns), ...closed.map(({ gun }) => gun)].filter(
      (gun) => gun !== undefined && !repositories.some((named) => named.gun === gun),
    ) as Gun[],
  );
  return [...guns].flatMap((gun): readonly NamedRepository[] => {
    const image = imageOfGun(gun);
    if (!image) return [];
    const own = image.registry === registry ? trustServer : undefined;
    return [{ ...image, gun, trustServer: own ?? trustServerOf(image.registry) }];
  });
}

/** A root that a key of this store has signed is genuine: the store is the owner's. */
function anchorAtStore(
  loaded: readonly KeyRepository[],
  { opened, closed }: OpenedStore,
  { log, nameInput }: Run,
): readonly KeyRepository[] {
  const available = [...opened, ...closed].flatMap(({ keyId }) =>
    keyId === undefined ? [] : [{ keyId }],
  );
  return loaded.map((one): KeyRepository => {
    if (!one.view) return one;
    const { view } = anchored(one.view, [], { available, signing: [] });
    const isFromStore = view.pinnedBy.kind === 'pin' && one.view.pinnedBy.kind !== 'pin';
    if (isFromStore) log.info(`the root key of ${one.gun} is in this store`);
    warnOfFirstUse(view, nameInput, log);
    return { ...one, view };
  });
}

async function importAll(
  planned: readonly PlannedKey[],
  configuration: ImportConfiguration,
  azure: AzureAccess,
  run: Run<'keys'>,
): Promise<readonly ImportedKey[]> {
  const urls: string[] = [];
  const note = (url: string): void => {
    urls.push(url);
    run.setOutput('keys', urls.join('\n'));
  };
  // One alone, as it brings the token that the others then have.
  const imported = [
    ...(await importKeys(planned.slice(0, 1), configuration, azure, run, note)),
    ...(await importKeys(planned.slice(1), configuration, azure, run, note)),
  ];
  if (imported.some(({ signs }) => signs === 'not permitted')) {
    run.log.info(
      `This principal may not sign with the keys in ${configuration.vaultUrl}, so signing was not tried; their public keys are those of the files.`,
    );
  }
  return imported;
}

/** Binds each key to the roots of the repositories it signs, if more than the server vouches for them. */
async function recordRoots(
  keys: readonly ImportedKey[],
  views: ReadonlyMap<Gun, TrustedView>,
  azure: AzureAccess,
  run: Run,
): Promise<void> {
  for (const { url, usage } of keys) {
    if (url === undefined) continue;
    const roots = usage
      .filter(({ roles }) => roles.some((role) => role !== 'root'))
      .flatMap(({ gun }) => {
        const view = views.get(gun);
        return view?.pinnedBy.kind === 'pin' ? presentedRootKeys(view) : [];
      });
    await noteRoots(parseKeyReference(url), { add: [...new Set(roots)] }, azure, run);
  }
}

/** What people should know of keys that are of little use, or kept together. */
function warnOfUse(
  planned: readonly PlannedKey[],
  { vaultUrl, rootVaultUrl, store }: ImportConfiguration,
  { log }: Run,
): void {
  for (const { key, purpose, usage, destination } of planned) {
    const what = `${key.paths.join(', ')} (${describePurpose(purpose)})`;
    if (!destination) {
      log.warn(
        `${what} is not imported: snapshots are signed by the server, not by this product. If it still holds the role, hand it over with "keys rotate" and the role "snapshot".`,
      );
    } else if (usage.length === 0) {
      log.warn(
        `${what} is used in none of the repositories that were read. It is imported; name its repositories to have them checked.`,
      );
    }
  }
  const roles = new Set(planned.map(({ purpose }) => purpose.role));
  if (vaultUrl === rootVaultUrl && roles.has('root') && roles.size > 1) {
    log.warn(
      `Root keys and repository keys go into the same vault, ${vaultUrl}: its administrators have both. Keep root keys in a vault of their own, which pipelines cannot reach.`,
    );
  }
  if (store.kind === 'vault-secret') {
    log.warn(
      'The keys are stored as secrets: whoever may read the secrets has the private keys. As Key Vault keys they would never leave the vault.',
    );
  }
}
