/**
 * Removes the signatures of tags, as far as the signing key reaches, and says what is left. The images
 * stay in the registry. Says "revoked" only of what a new client no longer finds.
 */
import {
  checkRegistry,
  explainRefusal,
  type OpenedKey,
  openNamedKey,
  type NamedKey,
  resolvePins,
} from '../azure/index.js';
import { TrustError } from '../errors.js';
import { checkTagPattern, selectTags, type TagSelection } from '../registry/index.js';
import { proveSigner } from '../signing/index.js';
import {
  createTrustServer,
  outcomeOf,
  planRemoval,
  readRepository,
  removeTags,
  requireAnchor,
  viewAfter,
  type Pin,
  type RemovalPlan,
  type RevokedTag,
  type TrustedView,
  type TrustServer,
  describePin,
  matchedPin,
  rootWords,
  warnOfFirstUse,
} from '../trust/index.js';
import type { Session } from '../access/index.js';
import { defineCommand } from './command.js';
import type { Run } from './run.js';
import { registryId, registryLoginInputs } from './inputs/identity.js';
import { dryRun, tags } from './inputs/image.js';
import { requireSigningKey } from './inputs/key-inputs.js';
import { pinInputs, readPins, type PinReference } from './inputs/pins.js';
import { registry, repository, trustServer } from './inputs/repositories.js';
import type { SigningTarget } from '../image-signing/index.js';
import { readSigningTarget, signingInputs } from './inputs/signing.js';
import { code, escape, truncateList } from '../report/text.js';
import type { Paragraph } from '../report/report.js';
import { codeColumn, tableOf, type Table } from '../report/table.js';

export const revoke = defineCommand({
  name: 'revoke',
  label: 'Revoke',
  help: 'Removes the signatures of tags. They leave every role that the signing key may sign; the run says which roles still have them. The images stay. Needs no Docker.',
  example: ['registry', 'repository', 'tags', 'signing-key', 'dry-run'],
  inputs: {
    registry: { ...registry, required: true },
    repository: { ...repository, required: true },
    tags: {
      ...tags,
      note: 'Also patterns: `*` is any text, and `?` any one character.',
    },
    'all-tags': {
      type: 'boolean',
      group: 'image',
      label: 'All tags',
      help: 'Revokes every tag of the repository, instead of those that `tags` names.',
      default: false,
      example: 'true',
    },
    'dry-run': dryRun,
    'signing-key': signingInputs['signing-key'],
    'signing-key-passphrase': signingInputs['signing-key-passphrase'],
    'trust-server': trustServer,
    ...pinInputs,
    ...registryLoginInputs,
    'registry-id': registryId,
  },
  outputs: ['revoked-tags', 'still-signed-tags', 'key-id'],
  parse: (read) => {
    const { values, add, parse, conflict, has, nameInput } = read;
    const target = readSigningTarget({ ...read, values: { ...values, tags: [] } });
    const { tags, 'all-tags': isAll } = values;
    for (const tag of tags) {
      parse('tags', () => {
        checkTagPattern(tag);
      });
    }
    if (isAll && tags.length > 0) {
      const problem = `is true, and "${nameInput('tags')}" names some`;
      conflict('all-tags', problem, 'Name the tags to revoke, or revoke all, but not both.');
    }
    if (!isAll && tags.length === 0 && !has('all-tags')) {
      const remedy = `Name the tags to revoke in ${nameInput('tags')}; to revoke every one, set ${nameInput('all-tags')} to true.`;
      add({ input: 'tags', problem: 'is not set', code: 'INPUT_MISSING', remedy });
    }
    const signingKey = requireSigningKey(read);
    return (
      signingKey && {
        ...target,
        signingKey,
        pins: readPins(read),
        selection: selectTags(isAll ? undefined : tags),
        dryRun: values['dry-run'],
      }
    );
  },
  run: async (configuration, run) => {
    const { dryRun, image, trustServer } = configuration;
    const { gun, registry, repository } = image;
    const { log } = run;
    const session = await log.group('Registry login', () =>
      run.access.session({ registry, trustServer }),
    );
    const plan = await log.group('Trust data', () => prepare(configuration, session, run));
    const tags = dryRun
      ? outcomeOf(viewAfter(plan.view, plan.removal), plan.removal)
      : await log.group('Revocation', () => remove(plan, configuration, session, run));
    for (const line of remainders(tags)) log.warn(line);
    const { keyId, method, description } = plan.key.signer;
    const pinnedBy = matchedPin(plan.view);
    const namesOf = (isMeant: (tag: RevokedTag) => boolean): string =>
      tags
        .filter(isMeant)
        .map(({ tag }) => tag)
        .join(',');
    return {
      title: dryRun ? 'Dry run' : 'Result',
      heading: dryRun ? 'Tags that would be revoked' : 'Revoked tags',
      body: [
        { summary: `${code(gun)} with key ${code(keyId)}; root ${escape(rootWords(pinnedBy))}` },
        tags.length === 0 ? { summary: 'No such tag is signed.' } : tagTable(tags, dryRun),
        ...notSigned(plan.notSigned),
        ...(dryRun ? [{ log: 'Nothing was changed.' }] : []),
      ],
      facts: {
        registry,
        repository,
        gun,
        dryRun,
        key: { id: keyId, method, description },
        pinnedBy,
        tags,
        notSigned: plan.notSigned,
      },
      outputs: {
        'revoked-tags': namesOf(({ removedFrom }) => removedFrom.length > 0),
        'still-signed-tags': namesOf(({ stillIn }) => stillIn.length > 0),
        'key-id': keyId,
      },
      failure: dryRun ? undefined : stillPullable(gun, tags, run),
    };
  },
});

interface RevokeConfiguration extends SigningTarget {
  readonly signingKey: NamedKey;
  readonly pins: readonly PinReference[];
  readonly selection: TagSelection;
  readonly dryRun: boolean;
}

interface Revocation {
  readonly server: TrustServer;
  readonly key: OpenedKey;
  readonly pins: readonly Pin[];
  readonly view: TrustedView;
  readonly removal: RemovalPlan;
  /** Names and patterns that mean no signed tag. */
  readonly notSigned: readonly string[];
}

async function prepare(
  configuration: RevokeConfiguration,
  session: Session,
  run: Run,
): Promise<Revocation> {
  const { image, trustServer, signingKey, selection, dryRun } = configuration;
  const { gun, registry } = image;
  const { clock, signal, log, nameInput } = run;
  const { principal } = session;
  await checkRegistry(configuration, { ...run.access.registryAzure(registry), principal }, run);
  const [key, pins] = await Promise.all([
    openNamedKey(signingKey, session, run),
    resolvePins(configuration.pins, session, run),
  ]);
  if (!dryRun) await proveSigner(key.signer);
  log.info(key.signer.description);
  log.info(`key ID ${key.signer.keyId}`);
  const server = createTrustServer({ url: trustServer, gun, ...session.trust, log });
  const read = await readRepository(server, { pins, now: clock(), signal });
  if (!read) throw noTrustData(gun);
  const removal = planRemoval(read, selection.selects, key.signer, clock());
  const { files } = removal;
  const pinInput = nameInput('trust-pin');
  const anchor = requireAnchor({ view: read, pins, files, keys: [key.signer], pinInput });
  const { view } = anchor;
  log.info(`trust data verified: root version ${view.root.signed.version}, ${describePin(view)}`);
  warnOfFirstUse(view, nameInput, log);
  for (const warning of view.warnings) log.warn(warning.message);
  const notSigned = selection.without([...removal.removed.keys(), ...removal.remaining.keys()]);
  for (const name of notSigned) {
    log.warn(`${gun} has no signed tag ${name}: there is nothing to revoke.`);
  }
  if (removal.roles.length > 0) log.info(`roles that will change: ${removal.roles.join(', ')}`);
  return { server, key, pins: anchor.pins, view, removal, notSigned };
}

async function remove(
  { server, key: { signer }, pins, view }: Revocation,
  configuration: RevokeConfiguration,
  session: Session,
  { clock, signal, log }: Run,
): Promise<readonly RevokedTag[]> {
  const { selects } = configuration.selection;
  const options = { signer, selects, known: view, pins, clock, signal, log };
  const removed = await explainRefusal(configuration, session, () => removeTags(server, options));
  return outcomeOf(removed.view, removed);
}

function tagTable(tags: readonly RevokedTag[], dryRun: boolean): Table {
  const roles = (names: readonly string[]): string => names.map(code).join(', ');
  const stillIn = (tag: RevokedTag): readonly string[] => tag.stillIn.map(({ role }) => role);
  return tableOf(tags, [
    codeColumn('Tag', ({ tag }) => tag),
    {
      heading: dryRun ? 'To be removed from' : 'Removed from',
      text: ({ removedFrom }) => removedFrom.join(', ') || '-',
      markdown: ({ removedFrom }) => roles(removedFrom),
    },
    {
      heading: 'Still in',
      text: (tag) => stillIn(tag).join(', ') || '-',
      markdown: (tag) => roles(stillIn(tag)),
    },
    {
      heading: 'Pull',
      text: pullOf,
      markdown: (tag) => `${tag.pull === 'signed' ? '❌' : '✅'} ${escape(pullOf(tag))}`,
    },
  ]);
}

function pullOf({ pull, digest }: RevokedTag): string {
  if (pull === 'signed') return `STILL SIGNED ${digest ?? ''}`;
  return pull === 'refused' ? 'refused, though a role lists it' : 'refused';
}

function notSigned(names: readonly string[]): readonly Paragraph[] {
  return names.length === 0 ? [] : [{ summary: `Not signed: ${names.map(code).join(', ')}` }];
}

/** What is left of each tag, and whose keys can remove it. */
function remainders(tags: readonly RevokedTag[]): readonly string[] {
  return tags.flatMap(({ tag, stillIn }) =>
    stillIn.map(({ role, keyIds, threshold, isExpired }) => {
      const key = keyIds.length === 0 ? 'no known key' : `key ${keyIds.join(', ')}`;
      const who = threshold > 1 ? `${threshold} signatures of ${key}` : key;
      return isExpired
        ? `${tag} is still listed in ${role}, which has expired: it becomes valid again when ${role} is renewed with ${who}.`
        : `${tag} is still signed in ${role}; a change of ${role} needs ${who}.`;
    }),
  );
}

/** What the run fails with, after all was removed that could be. */
function stillPullable(
  gun: string,
  tags: readonly RevokedTag[],
  { nameInput }: Run,
): TrustError | undefined {
  const pullable = tags.filter(({ pull }) => pull === 'signed');
  if (pullable.length === 0) return undefined;
  const roles = new Set(
    pullable
      .flatMap(({ stillIn }) => stillIn.filter(({ isExpired }) => !isExpired))
      .map(({ role, keyIds }) => `${role} (key ${keyIds.join(', ')})`),
  );
  const names = pullable.map(({ tag, digest }) => `${tag} as ${digest ?? ''}`);
  return new TrustError(
    'KEY_NOT_AUTHORIZED',
    `Tags of ${gun} can still be pulled as signed, because roles list them that the signing key may not change: ${truncateList(names)}.`,
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
