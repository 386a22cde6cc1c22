/**
 * The preflight of signing: makes sure, before anything is changed, that the run can end signed. The
 * key signs, the principal may push and publish, the trust data is sound and anchored, and the key may
 * sign these tags where Docker looks.
 */
import type { AccessRun, Session } from '../access/index.js';
import { ourCommand } from '../command-line.js';
import {
  checkRegistry,
  explainRefusal,
  type OpenedKey,
  explainVersion,
  isMatterOfRights,
  noteRoots,
  openNamedKey,
  resolvePins,
} from '../azure/index.js';
import { isTrustError, TrustError } from '../errors.js';
import { createRootCertificate, formatKeyReference, proveSigner } from '../signing/index.js';
import {
  createTrustServer,
  examineSigning,
  isRootSignedBy,
  presentedRootKeys,
  type KeyId,
  type Pin,
  type PublicKey,
  type RoleName,
  type Signer,
  type SigningOutlook,
  type TrustedView,
  type TrustServer,
  describePin,
  warnOfFirstUse,
} from '../trust/index.js';
import { startInBackground } from '../concurrency.js';
import type { ImageConfiguration, SigningConfiguration, SigningTarget } from './configuration.js';

/** The root key of a repository without trust data. */
export interface RootPlan {
  readonly key: OpenedKey;
  readonly certificate: PublicKey;
}

/** Everything signing needs, proven. */
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
  readonly signing: SigningConfiguration;
  readonly key: OpenedKey;
  readonly pins: readonly Pin[];
  /** The root key of the inputs, opened where nothing else says which root is genuine. */
  readonly rootKey: OpenedKey | undefined;
  /** Why the root key of the inputs could not be opened, though it was wanted. */
  readonly rootKeyTrouble: TrustError | undefined;
  /** Whether key and trust server have to prove themselves before the run changes anything. */
  readonly isProven: boolean;
}

/**
 * Opens the signing key, has it prove that it signs, and opens the pins. Needs no registry, so it
 * can be under way while the run logs in there; logs nothing.
 * @param isProven whether key and trust server are to prove themselves: where something is built,
 *   pushed or attached before the publish, which would be in vain. Else the publish is proof enough.
 * @throws {TrustError} (the promise) what keeps the key from signing, or a pin from being read.
 */
export function openSigning(
  signing: SigningConfiguration,
  azure: Pick<Session, 'credential'>,
  run: AccessRun,
  isProven = true,
): Promise<OpenedSigning> {
  const open = async (): Promise<OpenedSigning> => {
    const pins = startInBackground(resolvePins(signing.pins, azure, run));
    const key = await openNamedKey(signing.signingKey, azure, run);
    requirePrivateKey(signing, key, run);
    if (isProven) await proveSigner(key.signer);
    const given = { signing, key, pins: await pins, isProven };
    return { ...given, ...(await openRootKey(given, azure, run)) };
  };
  return startInBackground(open());
}

/**
 * The root key of the inputs proves the root that it has signed. Where a pin or a record does that
 * already, it is not opened: a pipeline need not reach it.
 */
async function openRootKey(
  { signing: { rootKey }, key, pins }: Pick<OpenedSigning, 'signing' | 'key' | 'pins'>,
  azure: Pick<Session, 'credential'>,
  run: AccessRun,
): Promise<Pick<OpenedSigning, 'rootKey' | 'rootKeyTrouble'>> {
  const nothing = { rootKey: undefined, rootKeyTrouble: undefined };
  if (!rootKey || pins.length > 0 || key.signer.recordedRoots?.length) return nothing;
  try {
    return { ...nothing, rootKey: await openNamedKey(rootKey, azure, run) };
  } catch (error) {
    // A repository that has trust data may do without; for one that has none it is told when needed.
    if (!isTrustError(error) || error.code === 'INTERRUPTED') throw error;
    return { ...nothing, rootKeyTrouble: error };
  }
}

/**
 * The part of the preflight that repositories of one registry share: may this principal push and sign
 * there, and which key signs.
 * @throws {TrustError} PUSH_NOT_AUTHORIZED, SIGNER_NOT_AUTHORIZED, and as openSigning.
 */
export async function checkShared(
  target: SigningTarget,
  session: Session,
  opening: Promise<OpenedSigning>,
  run: AccessRun,
): Promise<Signer> {
  const { registry } = target.image;
  const { principal } = session;
  await checkRegistry(target, { ...run.access.registryAzure(registry), principal }, run);
  const { signer } = (await opening).key;
  run.log.info(signer.description);
  run.log.info(`key ID ${signer.keyId}`);
  return signer;
}

/**
 * Begins the preflight of one repository: looks at its trust data, and logs nothing, so that other
 * phases can log in the meantime. Where Azure Resource Manager is to be asked first, nothing begins yet.
 * @returns what ends it; it throws a TrustError for everything that would keep the tags from being signed.
 */
export function startPreflight(
  target: SigningTarget,
  session: Session,
  opening: Promise<OpenedSigning>,
  run: AccessRun,
): () => Promise<SigningPlan> {
  const { clock, signal, log, nameInput } = run;
  const { gun, tags } = target.image;
  const server = createTrustServer({ url: target.trustServer, gun, ...session.trust, log });
  const look = async (): Promise<SigningOutlook> => {
    const { signing, key, pins, rootKey, isProven } = await opening;
    return examineSigning(server, {
      pins,
      clock,
      signal,
      tags,
      signer: key.signer,
      keys: rootKey ? [rootKey.signer] : [],
      asksServer: isProven,
      isReadAnew: signing.engine === 'docker',
      pinInput: nameInput('trust-pin'),
    });
  };
  const looking = target.registryId === undefined ? startInBackground(look()) : undefined;
  return async () =>
    planSigning(target, session, await opening, server, () => looking ?? look(), run);
}

async function planSigning(
  target: SigningTarget,
  session: Session,
  opened: OpenedSigning,
  server: TrustServer,
  look: () => Promise<SigningOutlook>,
  run: AccessRun,
): Promise<SigningPlan> {
  const { signing, key, pins, rootKey, rootKeyTrouble } = opened;
  const { log, nameInput } = run;
  const { gun, tags } = target.image;
  const { reference } = signing.signingKey;
  const record = (add: readonly KeyId[]) => async (): Promise<void> => {
    await noteRoots(reference, { add }, session, run, pins.length > 0);
  };
  const refused = { reference, keyId: key.signer.keyId, server, pins, tags };
  const outlook = await explainRefusal(target, session, () =>
    explainVersion(refused, session, run, look),
  );
  const common = { engine: signing.engine, server, key };
  if (outlook.kind === 'uninitialised') {
    const root = await planRoot(target.image, opened, session, run);
    const rootId = root.key.signer.keyId;
    log.info(`${gun} has no trust data yet: it will be initialised with the root key`);
    log.info(root.key.signer.description);
    return {
      ...common,
      pins: pins.length > 0 ? pins : [{ kind: 'key-id', keyId: rootId }],
      view: undefined,
      root,
      roles: ['targets'],
      record: record([rootId]),
    };
  }
  const { view } = outlook;
  const roles = [...new Set([...outlook.roles.values()].flat())].sort();
  log.info(`trust data verified: root version ${view.root.signed.version}, ${describePin(view)}`);
  log.info(`the tags will be signed into ${roles.join(', ')}`);
  if (rootKeyTrouble && view.pinnedBy.kind !== 'pin') {
    log.warn(`The root key cannot vouch for the root of ${gun}: ${rootKeyTrouble.message}`);
  }
  warnOfFirstUse(view, nameInput, log);
  for (const warning of view.warnings) log.warn(warning.message);
  for (const [role, at] of outlook.expiring) {
    log.warn(`${role} of ${gun} expires on ${at.toISOString().slice(0, 10)}.`);
  }
  // Only an owner who has the root key knows what it has signed.
  const isOwners = rootKey && isRootSignedBy(view, [rootKey.signer.keyId]);
  return {
    ...common,
    pins: outlook.pins,
    view,
    root: undefined,
    roles,
    record: isOwners ? record(presentedRootKeys(view)) : undefined,
  };
}

/** The docker engine signs with a file, so the private key has to be one we can write. */
function requirePrivateKey(
  { engine }: SigningConfiguration,
  key: OpenedKey,
  { nameInput }: AccessRun,
): void {
  if (engine !== 'docker' || key.privateKey !== undefined) return;
  throw new TrustError(
    'KEY_UNSUITABLE',
    `The Docker CLI cannot sign with the ${key.signer.description}: its private key does not leave the vault.`,
    {
      remedy: `Let the native engine sign (leave ${nameInput('engine')} out), or give ${nameInput('signing-key')} a Key Vault secret that holds the key.`,
    },
  );
}

async function planRoot(
  { gun, registry, repository }: ImageConfiguration,
  { signing: { rootKey, signingKey }, rootKey: openedRoot }: OpenedSigning,
  session: Session,
  run: AccessRun,
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
  try {
    const key = openedRoot ?? (await openNamedKey(rootKey, session, run));
    await proveSigner(key.signer);
    return { key, certificate: await createRootCertificate(gun, key.signer, run.clock()) };
  } catch (error) {
    // A principal that may not use the root key must not be given it: its owner initialises.
    if (!isTrustError(error, 'VAULT_FORBIDDEN') || !isMatterOfRights(error)) throw error;
    throw new TrustError(error.code, `${gun} has no trust data. ${error.message}`, {
      remedy:
        'Do not give this principal the root key: whoever can use it can replace every other key.\n' +
        'Ask the owner of the keys to initialise the repository with "keys init", as themselves, then run this step again.',
      cause: error,
    });
  }
}
