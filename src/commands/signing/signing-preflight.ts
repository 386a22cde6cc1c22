/**
 * Makes sure, before anything is built, that the run can end signed: the key signs, the principal
 * may publish, the trust data is sound, and the key may sign these tags where Docker looks.
 */
import type { OpenedKey } from '../../azure/index.js';
import { TrustError } from '../../errors.js';
import type { Log } from '../../ports.js';
import { createRootCertificate, proveSigner } from '../../signing/index.js';
import {
  createTrustServer,
  examineSigning,
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
}

/** What the repositories of a run are signed with and held against. */
export interface OpenedSigning {
  readonly key: OpenedKey;
  readonly pins: readonly Pin[];
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
    return { key, pins: await pins };
  };
  return ahead(open());
}

/**
 * Begins to look at the trust data; logs nothing, so that other phases can log meanwhile. Where
 * Azure Resource Manager is to be asked first, nothing begins before that.
 */
export function examine(
  configuration: Configuration,
  session: Session,
  { clock, signal, log }: RunContext,
  opening: Promise<OpenedSigning>,
): Examination {
  const { gun, tags } = configuration.image;
  const server = createTrustServer({ url: configuration.trustServer, gun, ...session.trust, log });
  const look = async (): Promise<SigningOutlook> => {
    const { key, pins } = await opening;
    return examineSigning(server, { pins, clock, signal, tags, signer: key.signer });
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
  const { key, pins } = await opening;
  log.info(key.signer.description);
  log.info(`key ID ${key.signer.keyId}`);
  return { key, pins };
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
  const { key, pins } = await opening;
  const open = (root: KeyConfiguration): Promise<OpenedKey> =>
    openConfigured(root, session, context);
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
    };
  }
  const { view } = outlook;
  const roles = [...new Set([...outlook.roles.values()].flat())].sort();
  log.info(`trust data verified: root version ${view.root.signed.version}, ${describePin(view)}`);
  log.info(`the tags will be signed into ${roles.join(', ')}`);
  warnOfFirstUse(view, context.nameInput, log);
  for (const warning of view.warnings) log.warn(warning.message);
  for (const [role, at] of outlook.expiring) {
    log.warn(`${role} of ${gun} expires on ${at.toISOString().slice(0, 10)}.`);
  }
  return { engine: signing.engine, server, key, pins, view, root: undefined, roles };
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
  { image: { gun } }: Configuration,
  { rootKey }: SigningConfiguration,
  { clock, nameInput }: RunContext,
  open: (key: KeyConfiguration) => Promise<OpenedKey>,
): Promise<RootPlan> {
  if (!rootKey) {
    throw new TrustError(
      'TRUST_DATA_MISSING',
      `${gun} has no trust data, and no root key is given to initialise it with.`,
      {
        remedy: `If this repository was never signed, set ${nameInput('root-key')} for this run, for example to https://contoso-root.vault.azure.net/keys/root. If it was, its trust data is gone: find out why before you create new.`,
      },
    );
  }
  const key = await open(rootKey);
  await proveSigner(key.signer);
  return { key, certificate: await createRootCertificate(gun, key.signer, clock()) };
}
