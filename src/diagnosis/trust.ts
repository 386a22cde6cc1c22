/**
 * Checks of the trust data of a repository: is there any, what vouches for its root, when does it
 * expire, whom does it name, and could the signing key sign now? The last is the preflight's own question.
 */
import { ourCommand } from '../command-line.js';
import { startInBackground } from '../concurrency.js';
import { isTrustError, unreachableCodes } from '../errors.js';
import { formatKeyReference, type KeyReference } from '../signing/index.js';
import {
  dayOf,
  describePin,
  examineSigning,
  expiryError,
  firstRoleExpiry,
  heldServerRoles,
  readRepository,
  requireAnchor,
  roleExpiries,
  rolesOf,
  troublesOf,
  warnOfFirstUse,
  type Gun,
  type KeyId,
  type Pin,
  type ServerRole,
  type Signer,
  type TrustedView,
  type TrustServer,
} from '../trust/index.js';
import {
  needing,
  NotSeen,
  observed,
  pass,
  unknown,
  warn,
  type Check,
  type Observation,
  type Purpose,
} from './check.js';

/** A key that may sign, and where it is. */
interface SigningKey {
  readonly reference: KeyReference;
  readonly signer: Promise<Signer>;
}

/** What is to be looked at. */
export interface TrustToCheck {
  readonly gun: Gun;
  readonly registry: string;
  readonly repository: string;
  /** The trust server, once the registry let the run in. */
  readonly server: Promise<TrustServer>;
  readonly pins: Promise<readonly Pin[]>;
  readonly signingKey: SigningKey | undefined;
  /** The root key, where it is given. */
  readonly rootKey: SigningKey | undefined;
  /** What would be signed. */
  readonly tags: readonly string[];
  readonly withinDays: number;
  readonly purpose: Purpose;
  readonly clock: () => Date;
  readonly signal: AbortSignal;
  readonly nameInput: (name: string) => string;
  /** Runs what may be refused, and completes a refusal with its likely cause and its remedy. */
  readonly explain: <T>(
    key: { readonly reference: KeyReference; readonly keyId: KeyId },
    pins: readonly Pin[],
    body: () => Promise<T>,
  ) => Promise<T>;
}

/** What the trust data of a repository is checked for. */
export interface TrustChecks {
  readonly checks: readonly Check[];
  /** The trust data, expired or not; undefined where there is none. */
  readonly reading: Promise<TrustedView | undefined>;
  /** Whether the trust server was seen to take trust data; undefined where that is not known. */
  readonly isOn: Promise<true | undefined>;
}

export function trustChecks(checked: TrustToCheck): TrustChecks {
  const { gun, registry } = checked;
  const reading = startInBackground(read(checked));
  const common = { area: 'trust data', subject: gun } as const;
  const readView = async (): Promise<TrustedView> => {
    const view = await needing('reading the trust data', reading);
    if (view) return view;
    throw new NotSeen('not checked: there is no trust data');
  };
  const held = startInBackground(heldBy(checked, readView));
  const look = async (): Promise<readonly [Observation, ...Observation[]]> => {
    await needing(`the login to ${registry}`, checked.server);
    return lookAtContentTrust(await reading, checked);
  };
  const contentTrust = startInBackground(look());
  return {
    reading,
    isOn: contentTrust.then(
      ([found]) => (found.verdict === 'pass' ? true : undefined),
      () => undefined,
    ),
    checks: [
      {
        ...common,
        check: 'content trust',
        look: () => contentTrust,
      },
      { ...common, check: 'root', look: async () => lookAtRoot(await readView(), checked) },
      {
        ...common,
        check: 'expiry',
        look: async () =>
          lookAtExpiry(await readView(), await held.catch(() => undefined), checked),
      },
      { ...common, check: 'roles', look: async () => lookAtRoles(await readView(), checked) },
      {
        ...common,
        check: 'server keys',
        onError: 'unknown',
        look: async () => lookAtServerKeys(await readView(), await held, checked),
      },
      { ...common, check: 'ready to sign', look: () => lookAtSigning(readView, checked) },
    ],
  };
}

async function read({
  server,
  pins,
  clock,
  signal,
}: TrustToCheck): Promise<TrustedView | undefined> {
  const [from, given] = await Promise.all([
    needing('the login to the registry', server),
    needing('reading the pins', pins),
  ]);
  return readRepository(from, { pins: given, now: clock(), expiry: 'report', signal });
}

async function heldBy(
  { server, signal }: TrustToCheck,
  readView: () => Promise<TrustedView>,
): Promise<readonly ServerRole[]> {
  const view = await readView();
  try {
    return await heldServerRoles(await server, view, signal);
  } catch (error) {
    if (!isTrustError(error, 'SIGNER_NOT_AUTHORIZED')) throw error;
    throw new NotSeen('the trust server tells it only to principals that may sign');
  }
}

async function lookAtContentTrust(
  view: TrustedView | undefined,
  { registry, repository, server, purpose, signingKey, rootKey, signal }: TrustToCheck,
): Promise<readonly [Observation, ...Observation[]]> {
  if (view) {
    const { version } = view.root.signed;
    const tags = view.targets.get('targets')?.signed;
    return [
      pass(
        `on: trust data with root version ${version}${tags ? `, targets version ${tags.version}` : ''}`,
      ),
      ...view.warnings.map(({ message }) =>
        warn(message.replace(/\.$/, ''), 'Look at it with "inspect".', { check: 'warning' }),
      ),
    ];
  }
  const check = 'trust data';
  const remedy = [
    'If the repository was signed before, its trust data is gone: find out why before anything new is made.',
    'If it was never signed, ask the owner of the keys to initialise it once, as themselves and not in a pipeline:',
    ourCommand('keys init', {
      registry,
      repository,
      'root-key': 'https://contoso-root.vault.azure.net/keys/root',
      'signing-key': signingKey && formatKeyReference(signingKey.reference),
    }),
  ].join('\n');
  const none: Observation = rootKey
    ? pass('none yet: the first signature initialises it with the root key', { check })
    : {
        verdict: purpose.isSigning ? 'fail' : 'warn',
        code: 'TRUST_DATA_MISSING',
        reason: 'none: the repository was never signed, or its trust data was deleted',
        remedy,
        check,
      };
  return [await askWhetherOn(await server, purpose, signal), none];
}

/** A server without trust data tells only those that may publish whether it would take any. */
async function askWhetherOn(
  server: TrustServer,
  { isSigning }: Purpose,
  signal: AbortSignal,
): Promise<Observation> {
  if (!isSigning) return unknown('whether it is on is not told to principals that only read');
  try {
    await server.fetchServerKey('timestamp', signal);
    return pass('on: the trust server takes trust data, and has none of this repository');
  } catch (error) {
    if (isTrustError(error, 'CONTENT_TRUST_UNAVAILABLE')) return observed(error);
    if (!isTrustError(error, 'SIGNER_NOT_AUTHORIZED', ...unreachableCodes)) throw error;
    return unknown(`whether it is on is not known: ${error.message}`);
  }
}

async function lookAtRoot(
  view: TrustedView,
  { pins, signingKey, rootKey, nameInput }: TrustToCheck,
): Promise<Observation> {
  const opened = await Promise.allSettled([signingKey?.signer, rootKey?.signer]);
  const keys = opened.flatMap((one) => (one.status === 'fulfilled' ? (one.value ?? []) : []));
  const anchor = requireAnchor({ view, pins: await pins, files: [], keys });
  const facts = { root: describePin(anchor.view) };
  const advice: string[] = [];
  warnOfFirstUse(anchor.view, nameInput, { warn: (line) => void advice.push(line) });
  const [first] = advice;
  if (first === undefined) return pass(facts.root, { facts });
  const at = first.indexOf(' If the owner');
  return warn(first.slice(0, at).replace(/\.$/, ''), first.slice(at + 1), { facts });
}

function lookAtExpiry(
  view: TrustedView,
  held: readonly ServerRole[] | undefined,
  { gun, withinDays, clock }: TrustToCheck,
): readonly Observation[] {
  const isSnapshotServerManaged = held?.includes('snapshot');
  const rules = { now: clock(), withinDays, pins: [], isSnapshotServerManaged };
  const expiries = roleExpiries(view, [], rules);
  const troubles = troublesOf(expiries);
  if (troubles.length === 0) {
    const first = firstRoleExpiry(expiries);
    return [
      pass(`the first role expires on ${first === undefined ? '-' : dayOf(new Date(first))}`, {
        facts: { firstExpiry: first },
      }),
    ];
  }
  return troubles.flatMap((one) => {
    const error = expiryError(gun, [one], withinDays);
    return error ? observed(error, one.state === 'expired' ? 'fail' : 'warn') : [];
  });
}

/** Enough of a key ID to know it by. */
const shownDigits = 12;

function lookAtRoles(view: TrustedView, { clock, withinDays }: TrustToCheck): Observation {
  const roles = rolesOf(view, clock(), withinDays);
  const said = roles.map(({ role, threshold, keys }) => {
    const ids = keys.map(({ keyId }) => keyId.slice(0, shownDigits)).join(', ');
    return `${role}: ${threshold > 1 ? `${threshold} of ` : ''}${ids}`;
  });
  return pass(said.join('; '), { facts: { roles } });
}

function lookAtServerKeys(
  { gun }: TrustedView,
  held: readonly ServerRole[],
  { purpose }: TrustToCheck,
): Observation {
  const missing = (['snapshot', 'timestamp'] as const).filter((role) => !held.includes(role));
  if (missing.length === 0) return pass('the trust server holds the snapshot and timestamp keys');
  return {
    verdict: purpose.isSigning ? 'fail' : 'warn',
    code: 'TRUST_SERVER_REJECTED',
    reason: `the trust server does not hold the ${missing.join(' and ')} key that the root of ${gun} names, so it cannot publish`,
    remedy: `Ask the owner of the root key to give it to the server once:\n${missing.map((role) => ourCommand('keys rotate', { role })).join('\n')}`,
  };
}

async function lookAtSigning(
  readView: () => Promise<TrustedView>,
  { server, pins, signingKey, rootKey, tags, clock, signal, nameInput, explain }: TrustToCheck,
): Promise<Observation> {
  if (!signingKey) {
    const name = nameInput('signing-key');
    throw new NotSeen(`not checked: ${name} is not set`, `Set ${name} to have it checked.`);
  }
  await readView();
  const signer = await needing('opening the signing key', signingKey.signer);
  const given = await pins;
  const root = await rootKey?.signer.catch(() => undefined);
  try {
    const key = { reference: signingKey.reference, keyId: signer.keyId };
    const outlook = await explain(key, given, async () =>
      examineSigning(await server, {
        pins: given,
        clock,
        signal,
        tags,
        signer,
        keys: root ? [root] : [],
        pinInput: nameInput('trust-pin'),
      }),
    );
    if (outlook.kind === 'uninitialised') throw new NotSeen('not checked: there is no trust data');
    const roles = [...new Set([...outlook.roles.values()].flat())].sort();
    return pass(`the signing key signs ${tags.join(', ')} into ${roles.join(', ')}`, {
      facts: { roles, keyId: signer.keyId },
    });
  } catch (error) {
    if (!isTrustError(error, 'TRUST_DATA_EXPIRED')) throw error;
    throw new NotSeen('not checked: the trust data has expired');
  }
}
