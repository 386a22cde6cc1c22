/**
 * Makes sure, before anything is built, that the run can end signed: the key signs, the principal
 * may publish, the trust data is sound, and the key may sign these tags where Docker looks.
 */
import type { OpenedKey } from '../../azure/index.js';
import { isTrustError, TrustError } from '../../errors.js';
import type { Log } from '../../ports.js';
import { createRootCertificate, formatKeyReference, proveSigner } from '../../signing/index.js';
import { ourCommand } from '../command-line.js';
import { isMatterOfRights } from './owners-keys.js';
import {
  createTrustServer,
  examineSigning,
  isRootSignedBy,
  presentedRootKeys,
  type KeyId,
  type Pin,
  type PublicKey,
  type RoleName,
  type SigningOutlook,
  type TrustedView,
  type TrustServer,
} from '../../trust/index.js';
import { ahead } from '../ahead.js';
import { openConfigured } from './open-configured.js';
import { describePin, pinOf, resolvePin, warnOfFirstUse } from './pins.js';
import { checkRegistry, explainRefusal } from './registry-rights.js';
import { noteRoots } from './root-record.js';
import type {
  Configuration,
  KeyConfiguration,
  SigningConfiguration,
} from '../configuration/types.js';
import type { RunContext } from '../context.js';
import type { Session } from '../session/session.js';
import { explainVersion } from './earlier-version.js';

/** The root key of a repository that is yet to be initialised. */
export interface RootPlan {
  readonly key: OpenedKey;
  readonly certificate: PublicKey;
}

/** Everything signing will need, proven. */
export interface SigningPlan {
  readonly engine: SigningConfiguration['engine'];
  readonly server: TrustServer;
  readonly key: OpenedKey;
  readonly pins: readonly Pin[];
  /** The repository's verified trust data; undefined while it has none. */
  readonly view: TrustedView | undefined;
  /** Set when the repository has no trust data. */
  readonly root: RootPlan | undefined;
  /** Where the tags will be signed. */
  readonly roles: readonly RoleName[];
  /** Records the root key at the signing key, once it has signed; undefined where only a reader's word is known. */
  readonly record: (() => Promise<void>) | undefined;
}

/** What the repositories of a run are signed with and held against. */
export interface OpenedSigning {
  readonly key: OpenedKey;
  readonly pins: readonly Pin[];
  /** The root key of the inputs, opened where nothing else says which root is genuine. */
  readonly rootKey: OpenedKey | undefined;
  /** Why the root key of the inputs could not be opened, though it was wanted. */
  readonly rootKeyTrouble: TrustError | undefined;
}

/** The look at the trust data of one repository. */
export interface Examination {
  readonly server: TrustServer;
  readonly opening: Promise<OpenedSigning>;
  /** The result of the one look; begins it, unless it is under way. */
  readonly outlook: () => Promise<SigningOutlook>;
}

/**
 * Opens the signing key, has it prove that it signs, and opens the pins. Needs no registry, so it
 * can be under way while the run logs in there; logs nothing.
 * @throws {TrustError} (the promise) what keeps the key from signing, or a pin from being read.
 */
export function beginSigning(
  signing: SigningConfiguration,
  azure: Pick<Session, 'credential'>,
  context: RunContext,
): Promise<OpenedSigning> {
  const open = async (): Promise<OpenedSigning> => {
    const pins = ahead(Promise.all(signing.pins.map((pin) => resolvePin(pin, azure, context))));
    const key = await openConfigured(signing.signingKey, azure, context);
    requirePrivateKey(signing, key, 'signing-key', context);
    await proveSigner(key.signer);
    const given = { key, pins: await pins };
    return { ...given, ...(await openRootKey(signing, given, azure, context)) };
  };
  return ahead(open());
}

/**
 * The root key of the inputs vouches for the root that it has signed. Where a pin or a record does so
 * already it stays closed: a pipeline need not reach it.
 */
async function openRootKey(
  { rootKey }: SigningConfiguration,
  { key, pins }: Pick<OpenedSigning, 'key' | 'pins'>,
  azure: Pick<Session, 'credential'>,
  context: RunContext,
): Promise<Pick<OpenedSigning, 'rootKey' | 'rootKeyTrouble'>> {
  const nothing = { rootKey: undefined, rootKeyTrouble: undefined };
  if (!rootKey || pins.length > 0 || key.signer.recordedRoots?.length) return nothing;
  try {
    return { ...nothing, rootKey: await openConfigured(rootKey, azure, context) };
  } catch (error) {
    // A repository that has trust data may do without; one that has none is told when it is needed.
    if (!isTrustError(error) || error.code === 'INTERRUPTED') throw error;
    return { ...nothing, rootKeyTrouble: error };
  }
}

/**
 * Begins to look at the trust data; logs nothing, so that other phases can log meanwhile. Where
 * Azure Resource Manager is to be asked first, nothing begins before that.
 */
export function examine(
  configuration: Configuration,
  session: Session,
  { clock, signal, log, nameInput }: RunContext,
  opening: Promise<OpenedSigning>,
): Examination {
  const { gun, tags } = configuration.image;
  const server = createTrustServer({ url: configuration.trustServer, gun, ...session.trust, log });
  const look = async (): Promise<SigningOutlook> => {
    const { key, pins, rootKey } = await opening;
    return examineSigning(server, {
      pins,
      clock,
      signal,
      tags,
      signer: key.signer,
      keys: rootKey ? [rootKey.signer] : [],
      isReadAnew: configuration.signing?.engine === 'docker',
      pinInput: nameInput('trust-pin'),
    });
  };
  let looking: Promise<SigningOutlook> | undefined;
  const outlook = (): Promise<SigningOutlook> => (looking ??= ahead(look()));
  if (configuration.registryId === undefined) void outlook();
  return { server, opening, outlook };
}

/**
 * Prepares the signing of the configuration's tags.
 * @throws {TrustError} for everything that would keep the run from ending signed.
 */
export async function prepareSigning(
  configuration: Configuration,
  signing: SigningConfiguration,
  session: Session,
  context: RunContext,
  log: Log,
  examination: Examination,
): Promise<SigningPlan> {
  await checkRegistry(configuration, session, context, log);
  await openSigning(examination.opening, log);
  return planSigning(configuration, signing, session, context, log, examination);
}

/** Waits for the signing key, and tells which it is. @throws {TrustError} as beginSigning. */
export async function openSigning(
  opening: Promise<OpenedSigning>,
  log: Log,
): Promise<OpenedSigning> {
  const opened = await opening;
  const { signer } = opened.key;
  log.info(signer.description);
  log.info(`key ID ${signer.keyId}`);
  return opened;
}

/**
 * Plans the signing of one repository's tags with what was opened before.
 * @throws {TrustError} for everything that would keep this repository from being signed.
 */
export async function planSigning(
  configuration: Configuration,
  signing: SigningConfiguration,
  session: Session,
  context: RunContext,
  log: Log,
  { server, opening, outlook: examined }: Examination,
): Promise<SigningPlan> {
  const { gun } = configuration.image;
  const { key, pins, rootKey, rootKeyTrouble } = await opening;
  const open = async (root: KeyConfiguration): Promise<OpenedKey> =>
    rootKey ?? openConfigured(root, session, context);
  const record = (roots: readonly KeyId[]) => async (): Promise<void> => {
    const { reference } = signing.signingKey;
    await noteRoots(reference, { add: roots }, session, context, log);
  };
  const refused = {
    reference: signing.signingKey.reference,
    keyId: key.signer.keyId,
    server,
    pins,
    tags: configuration.image.tags,
  };
  const outlook = await explainRefusal(configuration, session, () =>
    explainVersion(refused, session, context, examined),
  );
  if (outlook.kind === 'uninitialised') {
    const root = await planRoot(configuration, signing, context, open);
    log.info(`${gun} has no trust data yet: it will be initialised with the root key`);
    log.info(root.key.signer.description);
    const rootPins = pins.length > 0 ? pins : [pinOf(root.key.signer.keyId)];
    return {
      engine: signing.engine,
      server,
      key,
      pins: rootPins,
      view: undefined,
      root,
      roles: ['targets'],
      record: record([root.key.signer.keyId]),
    };
  }
  const { view } = outlook;
  const roles = [...new Set([...outlook.roles.values()].flat())].sort();
  log.info(`trust data verified: root version ${view.root.signed.version}, ${describePin(view)}`);
  log.info(`the tags will be signed into ${roles.join(', ')}`);
  if (rootKeyTrouble && view.pinnedBy.kind !== 'pin') {
    log.warn(`The root key cannot vouch for the root of ${gun}: ${rootKeyTrouble.message}`);
  }
  warnOfFirstUse(view, context.nameInput, log);
  for (const warning of view.warnings) log.warn(warning.message);
  for (const [role, at] of outlook.expiring) {
    log.warn(`${role} of ${gun} expires on ${at.toISOString().slice(0, 10)}.`);
  }
  return {
    engine: signing.engine,
    server,
    key,
    pins: outlook.pins,
    view,
    root: undefined,
    roles,
    // Who has the root key knows what it has signed.
    record:
      rootKey && isRootSignedBy(view, [rootKey.signer.keyId])
        ? record(presentedRootKeys(view))
        : undefined,
  };
}

/** The docker engine signs with a file, so the private key has to be one we can write. */
function requirePrivateKey(
  { engine }: SigningConfiguration,
  key: OpenedKey,
  input: 'signing-key' | 'root-key',
  { nameInput }: RunContext,
): void {
  if (engine !== 'docker' || key.privateKey !== undefined) return;
  throw new TrustError(
    'KEY_UNSUITABLE',
    `The Docker CLI cannot sign with the ${key.signer.description}: its private key does not leave the vault.`,
    {
      remedy: `Let the native engine sign (leave ${nameInput('engine')} out), or give ${nameInput(input)} a Key Vault secret that holds the key.`,
    },
  );
}

async function planRoot(
  { image: { gun, registry, repository } }: Configuration,
  { rootKey, signingKey }: SigningConfiguration,
  { clock }: RunContext,
  open: (key: KeyConfiguration) => Promise<OpenedKey>,
): Promise<RootPlan> {
  if (!rootKey) {
    throw new TrustError(
      'TRUST_DATA_MISSING',
      `${gun} has no trust data, and no root key is given to initialise it with.`,
      {
        remedy: [
          'If the repository was signed before, its trust data is gone: find out why before anything new is made.',
          'If it was never signed, ask the owner of the keys to initialise it once, as themselves and not in this pipeline:',
          ourCommand('keys init', {
            registry,
            repository,
            'root-key': 'https://contoso-root.vault.azure.net/keys/root',
            'signing-key': formatKeyReference(signingKey.reference),
          }),
          'Then run this step again. It needs no root key, and should have none.',
        ].join('\n'),
      },
    );
  }
  const key = await openForInitialisation(gun, () => open(rootKey));
  return { key, certificate: await createRootCertificate(gun, key.signer, clock()) };
}

/** A root key that this principal may not use is no reason to let it: its owner initialises. */
async function openForInitialisation(
  gun: string,
  open: () => Promise<OpenedKey>,
): Promise<OpenedKey> {
  try {
    const key = await open();
    await proveSigner(key.signer);
    return key;
  } catch (error) {
    if (!isTrustError(error, 'VAULT_FORBIDDEN') || !isMatterOfRights(error)) throw error;
    throw new TrustError(error.code, `${gun} has no trust data. ${error.message}`, {
      remedy:
        'Do not give this principal the root key: whoever can use it can replace every other key.\n' +
        'Ask the owner of the keys to initialise the repository with "keys init", as themselves, then run this step again.',
      cause: error,
    });
  }
}
