/**
 * Brings the tags of the registry to what the trust data says, when several runs have signed the
 * same tag. The trust data decides, because its versions put all runs in one order. Each run that puts
 * a tag looks again afterwards, so the last one to put sees the final trust data: no run waits for
 * another, and registry and trust data agree in the end.
 */
import type { AccessRun } from '../access/index.js';
import { setTimeout as sleep } from 'node:timers/promises';
import { isTrustError, TrustError } from '../errors.js';
import { limits } from '../limits.js';
import {
  lookUpTags,
  type Manifest,
  type RegistryClient,
  type TagDigests,
} from '../registry/index.js';
import { lookUpTag, readRepository, type TrustedView } from '../trust/index.js';
import type { ImageConfiguration } from './configuration.js';
import type { SigningPlan } from './preflight.js';
import { withTags, type Progress, type TagState } from './registry-state.js';

/** One look at trust data and registry. */
interface BothSides {
  readonly view: TrustedView;
  readonly found: TagDigests;
}

/** What this run has signed and put, or pushed, under the tags of `image`. */
export interface Reconciliation {
  readonly images: RegistryClient;
  readonly image: ImageConfiguration;
  readonly plan: Pick<SigningPlan, 'server' | 'pins'>;
  readonly manifest: Manifest;
  /** Trust data that this run has seen: older data is not accepted any more. */
  readonly seen: TrustedView | undefined;
  /** What was seen at once after the signing; without it, both sides are asked. */
  readonly first?: TagDigests | undefined;
}

/** What is to be done about one tag. */
export type TagVerdict = 'ours' | 'lost' | 'wait' | 'put-signed';

const stateOf: Readonly<Record<TagVerdict, TagState>> = {
  ours: 'signed',
  lost: 'moved',
  wait: 'signed-unsettled',
  'put-signed': 'signed-unsettled',
};

/** What a decision rests on, for one tag. Digests. */
export interface TagFacts {
  readonly ours: string;
  /** What the trust data says; undefined when the tag is not signed any more. */
  readonly signed: string | undefined;
  /** What the registry says. */
  readonly found: string | undefined;
  /** What this run put there last. */
  readonly put: string | undefined;
  /** Whether the run that put something else had the time to look again. */
  readonly isPatienceOver: boolean;
  /** Whether this run has put its own manifest a second time. */
  readonly hasInsisted: boolean;
}

/** Decides what becomes of one tag. Pure. */
export function decideTag(facts: TagFacts): TagVerdict {
  const { ours, signed, found, put } = facts;
  if (signed === undefined) return 'lost';
  if (found === signed) return signed === ours ? 'ours' : 'lost';
  // This run corrects its own late put, whichever run signed last.
  if (found === put) return 'put-signed';
  // Another run corrects its own put, unless it cannot any more.
  if (signed !== ours || facts.hasInsisted) return 'lost';
  return facts.isPatienceOver ? 'put-signed' : 'wait';
}

/**
 * Ends when every tag points to what it is signed for.
 * @throws {TrustError} TAG_MOVED when that is not what this run signed, or another run keeps moving a
 * tag; and what reading and putting throw.
 */
export async function reconcileTags(
  reconciliation: Reconciliation,
  progress: Progress,
  { clock, signal, log }: AccessRun,
): Promise<void> {
  const { images, image, manifest, first } = reconciliation;
  const put = new Map(image.tags.map((tag) => [tag, manifest.digest]));
  const insisted = new Set<string>();
  const began = performance.now();
  let { seen } = reconciliation;
  let sides = seen && first && { view: seen, found: first };
  for (let pauseMs: number = limits.reconcilePauseMs; ; pauseMs = Math.min(pauseMs * 2, 1000)) {
    const elapsedMs = performance.now() - began;
    const now = sides ?? (await lookAtBoth(reconciliation, seen, { clock, signal }, elapsedMs));
    sides = undefined;
    let isMoving = now === undefined;
    const lost: string[] = [];
    for (const tag of now === undefined ? [] : image.tags) {
      const signed = signedDigest(now, tag);
      const found = now?.found.get(tag);
      const verdict = decideTag({
        ours: manifest.digest,
        signed,
        found,
        put: put.get(tag),
        isPatienceOver: elapsedMs > limits.reconcileGraceMs,
        hasInsisted: insisted.has(tag),
      });
      progress.state = withTags(progress.state, [tag], stateOf[verdict]);
      if (verdict === 'lost') lost.push(loss(image.gun, tag, manifest.digest, signed, found));
      if (verdict === 'wait') isMoving = true;
      if (verdict !== 'put-signed' || signed === undefined) continue;
      isMoving = true;
      if (signed === manifest.digest) insisted.add(tag);
      log.warn(`${image.gun}:${tag} points to ${found ?? 'nothing'}; putting ${signed} there`);
      await putSigned(images, image, tag, signed, manifest);
      put.set(tag, signed);
    }
    seen = now?.view ?? seen;
    if (!isMoving && lost.length === 0) return;
    if (!isMoving || elapsedMs > limits.reconcileDeadlineMs) throw moved(image, lost);
    await pause(Math.random() * pauseMs, image, signal);
  }
}

/** @returns undefined where the server still answers with something older than what we know. */
async function lookAtBoth(
  { images, image, plan: { server, pins } }: Reconciliation,
  previous: TrustedView | undefined,
  { clock, signal }: Pick<AccessRun, 'clock' | 'signal'>,
  elapsedMs: number,
): Promise<BothSides | undefined> {
  const [view, found] = await Promise.all([
    readRepository(server, { pins, now: clock(), previous, signal }).catch((error: unknown) => {
      const isLagging = isTrustError(error, 'TRUST_DATA_INVALID');
      if (isLagging && elapsedMs < limits.reconcileDeadlineMs) return undefined;
      throw error;
    }),
    lookUpTags(images, image, image.tags),
  ]);
  return view && { view, found };
}

async function pause(ms: number, { gun }: ImageConfiguration, signal: AbortSignal): Promise<void> {
  try {
    await sleep(ms, undefined, { signal });
  } catch (cause) {
    throw new TrustError(
      'INTERRUPTED',
      `interrupted while registry and trust data of ${gun} were compared`,
      {
        remedy: 'Run the step again.',
        cause,
      },
    );
  }
}

function signedDigest(sides: BothSides | undefined, tag: string): string | undefined {
  const found = sides && lookUpTag(sides.view, tag);
  return found?.kind === 'signed' ? found.digest : undefined;
}

async function putSigned(
  images: RegistryClient,
  { gun, repository }: ImageConfiguration,
  tag: string,
  digest: string,
  own: Manifest,
): Promise<void> {
  const manifest = digest === own.digest ? own : await images.getManifest(repository, digest);
  if (!manifest) {
    throw new TrustError(
      'MANIFEST_NOT_FOUND',
      `${gun}:${tag} is signed for ${digest}, which the registry does not have.`,
      { remedy: 'Run the step again, which signs the tag for an image that is there.' },
    );
  }
  await images.putManifest(repository, tag, manifest.bytes, manifest.mediaType);
}

function loss(
  gun: string,
  tag: string,
  ours: string,
  signed: string | undefined,
  found: string | undefined,
): string {
  return `${gun}:${tag} is signed for ${signed ?? 'nothing'} and points to ${found ?? 'nothing'}, after this run had signed it for ${ours}`;
}

function moved({ gun }: ImageConfiguration, lost: readonly string[]): TrustError {
  const what = lost.length > 0 ? lost.join('; ') : `The tags of ${gun} keep changing`;
  return new TrustError('TAG_MOVED', `${what}: another run is pushing the same tags.`, {
    remedy:
      'The other run has the tag. Run the step again to give it what this run made, or let runs use different tags.',
  });
}
