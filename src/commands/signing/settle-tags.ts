/**
 * Brings the tags of the registry to what the trust data says, when several runs have signed the
 * same tag. The trust data decides, because its versions put all runs in one order. Whoever puts a
 * tag looks again afterwards, so the last one to put sees the final trust data and nobody has to
 * wait for anybody: that ends, and ends in agreement.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { isTrustError, TrustError } from '../../errors.js';
import { limits } from '../../limits.js';
import type { Log } from '../../ports.js';
import type { Manifest, RegistryClient } from '../../registry/index.js';
import { lookUpTag, readRepository, type TrustedView } from '../../trust/index.js';
import type { ImageConfiguration } from '../configuration/types.js';
import type { RunContext } from '../context.js';
import type { Journal } from '../report/journal.js';
import type { TagState } from '../report/tag-states.js';
import type { SigningPlan } from './signing-preflight.js';
import { lookUpTags, type Standing } from './standing.js';

/** One look at both sides. */
export interface BothSides {
  readonly view: TrustedView;
  readonly standing: Standing;
}

export interface Settling {
  readonly images: RegistryClient;
  readonly image: ImageConfiguration;
  readonly plan: Pick<SigningPlan, 'server' | 'pins'>;
  /** What this run signed the tags for. */
  readonly manifest: Manifest;
  /** Whether this run has put its manifest under the tags already. */
  readonly hasPut: boolean;
  /** Trust data that this run has seen: older data is not believed any more. */
  readonly seen: TrustedView | undefined;
  /** What was seen at once after the signing; without it, both sides are asked. */
  readonly first?: BothSides;
  /** Told what is known of each tag. */
  readonly noteTagState: Journal['noteTagState'];
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
  readonly standing: string | undefined;
  /** What this run put there last; undefined before it has put anything. */
  readonly put: string | undefined;
  /** Whether whoever put something else had the time to look again. */
  readonly isPatienceOver: boolean;
  /** Whether this run has put its own manifest a second time. */
  readonly hasInsisted: boolean;
}

/** Decides what becomes of one tag. Pure. */
export function judgeTag(facts: TagFacts): TagVerdict {
  const { ours, signed, standing, put } = facts;
  if (signed === undefined) return 'lost';
  if (standing === signed) return signed === ours ? 'ours' : 'lost';
  // Our own late put is ours to mend, whoever signed last.
  if (put !== undefined && standing === put) return 'put-signed';
  // Somebody else's put is theirs to mend, unless they cannot any more.
  if (signed !== ours || facts.hasInsisted) return 'lost';
  return facts.isPatienceOver ? 'put-signed' : 'wait';
}

/**
 * Ends when every tag stands for what it is signed for.
 * @throws {TrustError} TAG_MOVED when that is not what this run signed, or somebody keeps moving a
 * tag; and what reading and putting throw.
 */
export async function settleTags(
  settling: Settling,
  { clock, signal }: RunContext,
  log: Pick<Log, 'info' | 'warn' | 'debug'>,
): Promise<void> {
  const { images, image, manifest } = settling;
  const put = new Map(settling.hasPut ? image.tags.map((tag) => [tag, manifest.digest]) : []);
  const insisted = new Set<string>();
  const began = performance.now();
  let seen = settling.seen;
  let sides = settling.first;
  for (let pauseMs: number = limits.settlePauseMs; ; pauseMs = Math.min(pauseMs * 2, 1000)) {
    const elapsedMs = performance.now() - began;
    const now = sides ?? (await lookAtBoth(settling, seen, { clock, signal }, elapsedMs));
    sides = undefined;
    let isMoving = now === undefined;
    const lost: string[] = [];
    for (const tag of now === undefined ? [] : image.tags) {
      const signed = signedDigest(now, tag);
      const standing = now?.standing.get(tag);
      const verdict = judgeTag({
        ours: manifest.digest,
        signed,
        standing,
        put: put.get(tag),
        isPatienceOver: elapsedMs > limits.settlePatienceMs,
        hasInsisted: insisted.has(tag),
      });
      settling.noteTagState(stateOf[verdict], [tag]);
      if (verdict === 'lost') lost.push(loss(image.gun, tag, manifest.digest, signed, standing));
      if (verdict === 'wait') isMoving = true;
      if (verdict !== 'put-signed' || signed === undefined) continue;
      isMoving = true;
      if (signed === manifest.digest) insisted.add(tag);
      log.warn(`${image.gun}:${tag} points to ${standing ?? 'nothing'}; putting ${signed} there`);
      await putSigned(images, image, tag, signed, manifest);
      put.set(tag, signed);
    }
    seen = now?.view ?? seen;
    if (!isMoving && lost.length === 0) return;
    if (!isMoving || elapsedMs > limits.settleDeadlineMs) throw moved(image, lost);
    await pause(Math.random() * pauseMs, image, signal);
  }
}

/** @returns undefined where the server still answers with something older than what we know. */
async function lookAtBoth(
  { images, image, plan: { server, pins } }: Settling,
  previous: TrustedView | undefined,
  { clock, signal }: Pick<RunContext, 'clock' | 'signal'>,
  elapsedMs: number,
): Promise<BothSides | undefined> {
  const [reading, standing] = await Promise.all([
    readRepository(server, { pins, now: clock(), previous, signal }).catch((error: unknown) => {
      const isLagging = isTrustError(error, 'TRUST_DATA_INVALID');
      if (isLagging && elapsedMs < limits.settleDeadlineMs) return undefined;
      throw error;
    }),
    lookUpTags(images, image, image.tags),
  ]);
  return reading && { view: reading, standing };
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
  standing: string | undefined,
): string {
  return `${gun}:${tag} is signed for ${signed ?? 'nothing'} and points to ${standing ?? 'nothing'}, after this run had signed it for ${ours}`;
}

function moved({ gun }: ImageConfiguration, lost: readonly string[]): TrustError {
  const what = lost.length > 0 ? lost.join('; ') : `The tags of ${gun} keep changing`;
  return new TrustError('TAG_MOVED', `${what}: another run is pushing the same tags.`, {
    remedy:
      'The other run has the tag. Run the step again to give it what this run made, or let runs use different tags.',
  });
}
