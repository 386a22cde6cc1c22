/** Signs images that are already in the registry. Needs no Docker. */
import { mapAtOnce } from '../../at-once.js';
import { TrustError } from '../../errors.js';
import type { InputValues } from '../../inputs/index.js';
import { limits } from '../../limits.js';
import type { RegistryClient } from '../../registry/index.js';
import { ahead } from '../ahead.js';
import type { Configuration } from '../configuration/types.js';
import type { RunContext } from '../context.js';
import { withJournal, type Journal, type TaggedContent } from '../report/journal.js';
import { openAzure, openSession } from '../session/session.js';
import { signedWords } from '../report/root-words.js';
import { signWithJournal } from '../signing/sign-with-journal.js';
import { beginSigning, examine, prepareSigning } from '../signing/signing-preflight.js';
import {
  lookUpTags,
  movedAfter,
  movedBefore,
  requireNoneMoved,
  type Standing,
} from '../signing/standing.js';

/**
 * Signs each tag for what it stands for at the start of the run, all in one publish.
 * @throws {TrustError} MANIFEST_NOT_FOUND, TAG_MOVED, and whatever keeps the tags from being signed.
 */
export function signExisting(
  configuration: Configuration,
  inputs: InputValues,
  context: RunContext,
): Promise<void> {
  return withJournal(configuration, context, (journal) =>
    signTagged(configuration, inputs, context, journal),
  );
}

async function signTagged(
  configuration: Configuration,
  inputs: InputValues,
  context: RunContext,
  journal: Journal,
): Promise<void> {
  const { image, signing } = configuration;
  const { gun } = image;
  if (!signing) throw new TypeError('a sign command was configured without a signing key');
  const { log } = journal;
  const azure = openAzure(configuration, inputs, context);
  const opening = beginSigning(signing, azure, context);
  const session = await log.group('Registry login', () =>
    openSession(configuration, inputs, context, azure),
  );
  const look = (): Promise<Standing> => lookUpTags(session.images, image, image.tags);
  const resolving = ahead(resolveTags(session.images, configuration));
  const examination = examine(configuration, session, context, opening);
  const tags = await log.group('Digest', async () => {
    const found = await resolving;
    for (const [tag, { digest, length }] of found) {
      log.info(`${gun}:${tag}  ${digest}  ${length} bytes`);
    }
    return found;
  });
  const plan = await log.group('Trust data', () =>
    prepareSigning(configuration, signing, session, context, log, examination),
  );
  journal.noteTags(tags);
  journal.noteTagState('unsigned');
  await log.group('Signature', async () => {
    const { result, standing } = await signWithJournal(plan, tags, context, journal, {
      known: plan.view,
      recheck: async () => {
        requireNoneMoved(gun, movedBefore(gun, tags, await look()));
      },
      look,
    });
    const moved = standing ? movedAfter(gun, tags, standing) : new Map<string, TrustError>();
    journal.noteTagState('signed', tags.keys());
    journal.noteTagState('moved', moved.keys());
    requireNoneMoved(gun, moved);
    journal.noteSigned();
    for (const tag of tags.keys()) log.info(`${gun}:${tag}  ${signedWords(result.pinnedBy)}`);
    log.info(`${result.roles.join(', ')}  key ${result.signer.keyId}`);
  });
}

async function resolveTags(
  images: RegistryClient,
  { image: { gun, repository, tags }, digest }: Configuration,
): Promise<ReadonlyMap<string, TaggedContent>> {
  const found = await mapAtOnce(tags, limits.tagsAtOnce, async (tag) => {
    const manifest = await images.getManifest(repository, tag);
    if (!manifest) {
      throw new TrustError('MANIFEST_NOT_FOUND', `There is no image ${gun}:${tag}.`, {
        remedy: 'Push the image first, and check registry, repository and tag.',
      });
    }
    if (digest !== undefined && manifest.digest !== digest) {
      throw new TrustError(
        'TAG_MOVED',
        `${gun}:${tag} points to ${manifest.digest}, not to ${digest} as it should.`,
        { remedy: 'Nothing was signed. Find out who moved the tag, or give the other digest.' },
      );
    }
    return [tag, { digest: manifest.digest, length: manifest.length }] as const;
  });
  return new Map(found);
}
