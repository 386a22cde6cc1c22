/**
 * Takes the signatures of tags away, as far as the signing key reaches, and says what is left. The
 * images stay in the registry. Says "revoked" only of what a stranger does not find any more.
 */
import { placeOf } from '../configuration/types.js';
import type { OpenedKey } from '../../azure/index.js';
import { TrustError } from '../../errors.js';
import type { InputValues } from '../inputs/values.js';
import { proveSigner } from '../../signing/index.js';
import {
  createTrustServer,
  planRemoval,
  readRepository,
  removeTags,
  requireAnchor,
  type Pin,
  type RemovalPlan,
  type TrustedView,
  type TrustServer,
} from '../../trust/index.js';
import { readConfiguration } from '../configuration/read-configuration.js';
import type {
  Configuration,
  RevocationConfiguration,
  SigningConfiguration,
} from '../configuration/types.js';
import type { RunContext } from '../context.js';
import { handOnReport } from '../report/report-file.js';
import type { Session } from '../access/access.js';
import { checkRegistry, explainRefusal } from '../signing/registry-rights.js';
import { describePin, matchedPin, resolvePin, warnOfFirstUse } from '../signing/pins.js';
import { openKeyInput } from '../signing/open-key-input.js';
import { outcomeOf, viewAfter, type RevokedTag } from './outcome.js';
import {
  revocationReport,
  revocationSummary,
  revocationTable,
  type RevocationFacts,
} from './report.js';
import { selectionOf, type Selection } from './selection.js';

/**
 * Runs `revoke`.
 * @throws {TrustError} KEY_NOT_AUTHORIZED, after all was removed that could be, when a tag can still
 * be pulled as signed; TRUST_DATA_MISSING; and whatever keeps the run from publishing.
 */
export async function revokeTags(inputs: InputValues, context: RunContext): Promise<void> {
  const { workingDirectory, problems } = context;
  const configuration = readConfiguration('revoke', inputs, workingDirectory, problems);
  const { signing, revocation, image } = configuration;
  if (!signing || !revocation) throw new TypeError('revoke was configured for something else');
  const { log, warnings } = context;
  const session = await log.group('Registry login', () =>
    context.access.session(placeOf(configuration)),
  );
  const plan = await log.group('Trust data', () =>
    prepare(configuration, signing, revocation, session, context),
  );
  const { dryRun } = revocation;
  const tags = await log.group(dryRun ? 'Dry run' : 'Revocation', async () => {
    const outcome = dryRun
      ? outcomeOf(viewAfter(plan.view, plan.removal), plan.removal)
      : await carryOut(plan, configuration, session, context);
    if (outcome.length > 0) for (const line of revocationTable(outcome, dryRun)) log.info(line);
    for (const line of leftOvers(outcome)) log.warn(line);
    if (dryRun) log.info('Nothing was changed.');
    return outcome;
  });

  const namesOf = (some: readonly RevokedTag[]): string => some.map(({ tag }) => tag).join(',');
  context.setOutput(
    'revoked-tags',
    namesOf(tags.filter(({ removedFrom }) => removedFrom.length > 0)),
  );
  context.setOutput('still-signed-tags', namesOf(tags.filter(({ stillIn }) => stillIn.length > 0)));
  context.setOutput('key-id', plan.key.signer.keyId);
  const { keyId, method, description } = plan.key.signer;
  const facts: RevocationFacts = {
    registry: image.registry,
    repository: image.repository,
    gun: image.gun,
    dryRun,
    key: { id: keyId, method, description },
    pinnedBy: matchedPin(plan.view),
    tags,
    notSigned: plan.notSigned,
    warnings,
  };
  await handOnReport(revocationReport(facts), configuration.reportPath, context);
  await context.addSummary(revocationSummary(facts));
  if (!dryRun) refuseIfPullable(image.gun, tags, context);
}

interface Revocation {
  readonly server: TrustServer;
  readonly key: OpenedKey;
  readonly pins: readonly Pin[];
  readonly view: TrustedView;
  readonly selection: Selection;
  readonly removal: RemovalPlan;
  readonly notSigned: readonly string[];
}

async function prepare(
  configuration: Configuration,
  signing: SigningConfiguration,
  { tags, dryRun }: RevocationConfiguration,
  session: Session,
  context: RunContext,
): Promise<Revocation> {
  const { gun } = configuration.image;
  const { clock, signal, log } = context;
  await checkRegistry(configuration, session, context);
  const [key, pins] = await Promise.all([
    openKeyInput(signing.signingKey, session, context),
    Promise.all(signing.pins.map((pin) => resolvePin(pin, session, context))),
  ]);
  if (!dryRun) await proveSigner(key.signer);
  log.info(key.signer.description);
  log.info(`key ID ${key.signer.keyId}`);
  const server = createTrustServer({ url: configuration.trustServer, gun, ...session.trust, log });
  const read = await readRepository(server, { pins, now: clock(), signal });
  if (!read) throw noTrustData(gun);
  const selection = selectionOf(tags);
  const removal = planRemoval(read, selection.selects, key.signer, clock());
  const { files } = removal;
  const pinInput = context.nameInput('trust-pin');
  const anchor = requireAnchor({ view: read, pins, files, keys: [key.signer], pinInput });
  const { view } = anchor;
  log.info(`trust data verified: root version ${view.root.signed.version}, ${describePin(view)}`);
  warnOfFirstUse(view, context.nameInput, log);
  for (const warning of view.warnings) log.warn(warning.message);
  const notSigned = selection.without([...removal.removed.keys(), ...removal.remaining.keys()]);
  for (const name of notSigned) {
    log.warn(`${gun} has no signed tag ${name}: there is nothing to revoke.`);
  }
  if (removal.roles.length > 0) log.info(`roles that will change: ${removal.roles.join(', ')}`);
  return { server, key, pins: anchor.pins, view, selection, removal, notSigned };
}

async function carryOut(
  { server, key, pins, view, selection }: Revocation,
  configuration: Configuration,
  session: Session,
  { clock, signal, log }: RunContext,
): Promise<readonly RevokedTag[]> {
  const done = await explainRefusal(configuration, session, () =>
    removeTags(server, {
      signer: key.signer,
      selects: selection.selects,
      known: view,
      pins,
      clock,
      signal,
      log,
    }),
  );
  return outcomeOf(done.view, done);
}

/** What is left of each tag, and who could take it away. */
function leftOvers(tags: readonly RevokedTag[]): readonly string[] {
  return tags.flatMap(({ tag, stillIn }) =>
    stillIn.map(({ role, keyIds, threshold, isExpired }) => {
      const who = keyIds.length === 0 ? 'no known key' : `key ${keyIds.join(', ')}`;
      const signatures = threshold > 1 ? `${threshold} signatures of ` : '';
      return isExpired
        ? `${tag} is still listed in ${role}, which has expired: it will be signed again when ${role} is renewed, by ${signatures}${who}.`
        : `${tag} is still signed in ${role}, which takes ${signatures}${who} to change.`;
    }),
  );
}

function refuseIfPullable(
  gun: string,
  tags: readonly RevokedTag[],
  { nameInput }: RunContext,
): void {
  const pullable = tags.filter(({ pull }) => pull === 'signed');
  if (pullable.length === 0) return;
  const roles = new Set(
    pullable
      .flatMap(({ stillIn }) => stillIn.filter(({ isExpired }) => !isExpired))
      .map(({ role, keyIds }) => `${role} (key ${keyIds.join(', ')})`),
  );
  const shown = pullable.slice(0, 10).map(({ tag, digest }) => `${tag} as ${digest ?? ''}`);
  const more = pullable.length > shown.length ? ` and ${pullable.length - shown.length} more` : '';
  throw new TrustError(
    'KEY_NOT_AUTHORIZED',
    `Tags of ${gun} can still be pulled as signed, because roles carry them that the signing key may not change: ${shown.join(', ')}${more}.`,
    {
      remedy: `All that this key may sign was changed. Run again with a key of ${[...roles].join(', ')} as ${nameInput('signing-key')}, or ask its owner to.`,
    },
  );
}

function noTrustData(gun: string): TrustError {
  return new TrustError(
    'TRUST_DATA_MISSING',
    `${gun} has no trust data: none of its tags is signed.`,
    {
      remedy: 'Check registry and repository. Where nothing is signed, there is nothing to revoke.',
    },
  );
}
