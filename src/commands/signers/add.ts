/**
 * Adds a signer to repositories. The repository key signs; only the public half of the signer's keys is
 * read. Says "added" only of what a new client sees.
 */
import path from 'node:path';
import { openPublicKey, type OpenedPublicKey, noteRoots } from '../../azure/index.js';
import { mapConcurrent } from '../../concurrency.js';
import { TrustError } from '../../errors.js';
import type { ListInput } from '../../inputs/index.js';
import { limits } from '../../limits.js';
import type { Log } from '../../ports.js';
import { formatKeyReference, parseKeyReference, type KeyReference } from '../../signing/index.js';
import {
  addSigner,
  lookUpTag,
  planSignerAddition,
  presentedRootKeys,
  type SignerAddition,
  type TrustedView,
} from '../../trust/index.js';
import { defineCommand } from '../command.js';
import type { Run } from '../run.js';
import type { Read } from '../inputs/read.js';
import { truncateList } from '../../report/text.js';
import { prepareChange, type PreparedRepository } from '../../repositories/index.js';
import {
  changeEach,
  readSignerChange,
  signerChangeInputs,
  signerReport,
  type SignerChange,
  type SignerConfiguration,
} from './signer-change.js';

interface AddConfiguration extends SignerConfiguration {
  /** At least one. */
  readonly signerKeys: readonly KeyReference[];
}

type Wanted = Parameters<typeof planSignerAddition>[1];

type Prepared = PreparedRepository<SignerAddition>;

export const signersAdd = defineCommand({
  name: 'signersAdd',
  label: 'Signers: add',
  help: 'Adds a signer to repositories. As with Docker, its keys come into `targets/<name>` and `targets/releases`.',
  example: ['registry', 'repository', 'signer', 'signer-key', 'signing-key'],
  inputs: {
    ...signerChangeInputs,
    'signer-key': {
      type: 'list',
      group: 'keys',
      label: "The signer's public keys",
      help: 'Public keys of the signer: a PEM file with a public key or a certificate, or a Key Vault key or certificate by its URL. Separated by commas or lines.',
      example: 'https://contoso-ci.vault.azure.net/keys/ci',
      required: true,
    },
  },
  outputs: ['repositories', 'key-id', 'keys'],
  parse: (read): AddConfiguration => ({
    ...readSignerChange(read),
    signerKeys: readSignerKeys(read),
  }),
  run: async (configuration, run) => {
    const { signer, dryRun } = configuration;
    const keys = await run.log.group('Keys of the signer', () =>
      openSignerKeys(configuration, run),
    );
    const wanted = { name: signer, keys: keys.map(({ publicKey }) => publicKey) };
    const prepared = await prepareChange(configuration, run, {
      plan: ({ view }, signers) => planSignerAddition(view, wanted, signers, run.clock()),
    });
    const changes = await run.log.group(dryRun ? 'Dry run' : 'Signers', () =>
      changeEach(prepared.repositories, (repository) =>
        dryRun
          ? Promise.resolve(planned(repository, run.log))
          : addTo(repository, wanted, prepared.signers, run),
      ),
    );
    if (!dryRun) await recordRoots(keys, prepared.repositories, changes, run);
    return signerReport('added', configuration, prepared, keys, changes);
  },
});

function readSignerKeys({
  values: { 'signer-key': texts },
  workingDirectory,
  parse,
  add,
  nameInput,
}: Read<{ readonly 'signer-key': ListInput }>): readonly KeyReference[] {
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
  return texts.flatMap((text) => {
    const reference = parse('signer-key', (): KeyReference => {
      const named = parseKeyReference(text);
      if (named.kind === 'file') {
        return { ...named, path: path.resolve(workingDirectory, named.path) };
      }
      if (named.kind !== 'vault-secret') return named;
      throw new TrustError(
        'INPUT_INVALID',
        'it names a Key Vault secret, and a signer is added by the public key',
        {
          remedy:
            'Give the Key Vault key or certificate, or a file with the public half of what the secret holds, as `openssl pkey -in <file> -pubout` prints it.',
        },
      );
    });
    return reference ?? [];
  });
}

async function openSignerKeys(
  { signer, signerKeys, repositories }: AddConfiguration,
  { access, signal, clock, log }: Run,
): Promise<readonly OpenedPublicKey[]> {
  const { credential } = access.azure(repositories[0]?.registry);
  const opened = await mapConcurrent(signerKeys, limits.concurrentVaultKeys, (reference) =>
    openPublicKey(reference, { credential, signal, clock }),
  );
  const byId = new Map(opened.map((key) => [`${key.publicKey.keytype} ${key.keyId}`, key]));
  for (const { keyId, publicKey, reference, isNewest, role } of byId.values()) {
    const which = isNewest ? ', the newest version' : '';
    log.info(`${keyId}  ${publicKey.keytype}  ${formatKeyReference(reference)}${which}`);
    if (role !== undefined && role !== signer) {
      log.info(`Docker made this key for the signer ${role}; it becomes one of ${signer}.`);
    }
  }
  return [...byId.values()];
}

const stateWord = { new: 'added', extended: 'extended' } as const;

function planned({ gun, plan }: Prepared, log: Log): Omit<SignerChange, 'gun'> {
  for (const warning of plan.warnings) log.warn(warning);
  for (const role of plan.returning) {
    log.warn(
      `${role} of ${gun} existed before: what it lists with signatures of these keys is signed again.`,
    );
  }
  const { state, added: keyIds } = plan;
  return {
    state: state === 'unchanged' ? state : `to be ${stateWord[state]}`,
    keyIds,
    pulls: [],
  };
}

async function addTo(
  { gun, server, explain, view, pins }: Prepared,
  wanted: Wanted,
  signers: Parameters<typeof planSignerAddition>[2],
  { clock, signal, log }: Run,
): Promise<Omit<SignerChange, 'gun'>> {
  const { addition, changes, ...after } = await explain(() =>
    addSigner(server, { wanted, signers, known: view, pins, clock, signal, log }),
  );
  const { state, roles, added: keyIds } = addition;
  if (state === 'unchanged') log.info(`${gun} has this signer with these keys.`);
  else warnOfConsequences(wanted.name, view, after.view, addition, log);
  for (const role of roles) {
    if (after.view.skipped.get(role)?.reason !== 'signatures') continue;
    log.warn(
      `${role} of ${gun} was signed before, with keys that it no longer lists. Docker's own client cannot sign it again ("trust server rejected operation") until ${wanted.name} has signed a tag with this product.`,
    );
  }
  if (changes.length > 0) {
    const tags = truncateList(changes.map(({ tag }) => tag));
    log.warn(
      `${gun}: what ${wanted.name} signed before counts again, as its key is listed again: ${tags}. Revoke what should not be signed.`,
    );
  }
  return { state: state === 'unchanged' ? state : stateWord[state], keyIds, pulls: changes };
}

/** What signers change for those who signed without: Docker signs into delegations where there are any. */
function warnOfConsequences(
  name: string,
  before: TrustedView,
  after: TrustedView,
  { sharedWith }: SignerAddition,
  log: Log,
): void {
  const { gun } = after;
  if (sharedWith.length > 0) {
    log.warn(`${gun}: ${name} has a key of ${sharedWith.join(', ')}; each can sign as the other.`);
  }
  if (before.delegations.size > 0) return;
  log.warn(
    `${gun} has signers from now on: Docker's own client signs into their roles only, and no more with the repository key.`,
  );
  const tags = Object.keys(after.targets.get('targets')?.signed.targets ?? {}).filter((tag) => {
    const found = lookUpTag(after, tag);
    return found.kind === 'signed' && found.role === 'targets';
  });
  if (tags.length === 0) return;
  log.warn(
    `${gun}: tags that are signed in targets go on being pulled from there until a signer signs them (${truncateList(tags)}). After that, what the repository key signs into targets for them is not seen.`,
  );
}

/** Records at the signer's own keys the roots that more than the server confirms. */
async function recordRoots(
  keys: readonly OpenedPublicKey[],
  repositories: readonly Prepared[],
  changes: readonly SignerChange[],
  run: Run,
): Promise<void> {
  const failed = new Set(changes.flatMap(({ gun, error }) => (error ? [gun] : [])));
  const roots = repositories
    .filter(({ gun, view }) => !failed.has(gun) && view.pinnedBy.kind === 'pin')
    .flatMap(({ view }) => presentedRootKeys(view));
  const azure = run.access.azure(repositories[0]?.registry);
  for (const { reference } of keys) {
    await noteRoots(reference, { add: [...new Set(roots)] }, azure, run);
  }
}
