/**
 * Puts verified digests in place of the base images a Dockerfile names, by rewriting these
 * references, and not one other byte, of the Dockerfile.
 */
import { TrustError } from '../../errors.js';
import type { BaseImage, BaseImages } from './base-images.js';
import { gunOf } from '../../registry/index.js';
import { contextName, parseReference } from './reference.js';

/** A reference, exactly as in {@link BaseImage.reference}, to its verified digest. */
type PinDecisions = ReadonlyMap<string, string>;

/** How to build with the pins. */
interface PinPlan {
  /** Values for `--build-context`, in the order of the Dockerfile. */
  readonly buildContexts: readonly string[];
  /** The Dockerfile to build instead, where contexts alone cannot do it. */
  readonly dockerfile?: string;
}

/** The reference to pull instead: the repository by digest, `docker.io/library/alpine@sha256:...`. */
export function pinnedReference(reference: string, digest: string): string {
  const parsed = parseReference(reference);
  if (parsed === undefined || !/^sha256:[0-9a-f]{64}$/.test(digest)) {
    throw new TrustError('UNEXPECTED', `"${reference}" cannot be pinned to "${digest}"`, {
      remedy: 'Report this with the debug log of the step.',
    });
  }
  return `${gunOf(parsed)}@${digest}`;
}

/**
 * Pins for BuildKit. References are rewritten: every frontend understands that, while named contexts
 * are known to newer ones only, replace a *stage* of that name too, and do not reach the frontend
 * of `# syntax=`. Only a reference that means another image on each platform becomes a context.
 * @throws {TrustError} BASE_IMAGE_CONFLICT where one place needs two digests and a context cannot give them
 */
export function pinForBuildKit(
  source: string,
  bases: BaseImages,
  decisions: PinDecisions,
): PinPlan {
  const stages = new Set(bases.stageNames.map(contextName));
  const images = pinnable(bases, decisions);
  const isAmbiguous = ({ range, reference }: BaseImage): boolean =>
    !stages.has(contextName(reference)) &&
    images.some((other) => other.range?.start === range?.start && other.reference !== reference);
  const rewritten = images.filter((image) => !isAmbiguous(image));
  const contexts = new Map<string, string>();
  for (const { reference } of images.filter(isAmbiguous)) {
    const pinned = pinnedReference(reference, decisions.get(reference) ?? '');
    contexts.set(contextName(reference) ?? reference, `${reference}=docker-image://${pinned}`);
  }
  return {
    buildContexts: [...contexts.values()],
    ...(rewritten.length === 0 ? {} : { dockerfile: rewrite(source, rewritten, decisions) }),
  };
}

/**
 * Pins for the classic builder, which has no named contexts.
 * @throws {TrustError} BASE_IMAGE_CONFLICT where one place needs two digests
 */
export function pinForClassicBuilder(
  source: string,
  bases: BaseImages,
  decisions: PinDecisions,
): PinPlan {
  const images = pinnable(bases, decisions);
  // Docker's own content trust cannot read `FROM image@$DIGEST`: write its value.
  const spelledOut = bases.images.filter(
    ({ digest, written, range }) =>
      digest !== undefined && range !== undefined && written.includes('$'),
  );
  if (images.length + spelledOut.length === 0) return { buildContexts: [] };
  const digests = new Map([
    ...decisions,
    ...spelledOut.map(({ reference, digest = '' }) => [reference, digest] as const),
  ]);
  return {
    buildContexts: [],
    dockerfile: rewrite(source, inOrder([...images, ...spelledOut]), digests),
  };
}

/** Places with a decision, in the order of the file; a digest in the Dockerfile is left alone. */
function pinnable(bases: BaseImages, decisions: PinDecisions): BaseImage[] {
  return inOrder(
    bases.images.filter(
      (image) =>
        image.range !== undefined && image.digest === undefined && decisions.has(image.reference),
    ),
  );
}

function inOrder(images: readonly BaseImage[]): BaseImage[] {
  return images.toSorted((a, b) => (a.range?.start ?? 0) - (b.range?.start ?? 0));
}

function rewrite(source: string, images: readonly BaseImage[], decisions: PinDecisions): string {
  const replacements = new Map<number, { readonly end: number; readonly text: string }>();
  for (const { range, reference, line } of images) {
    if (range === undefined) continue;
    const text = pinnedReference(reference, decisions.get(reference) ?? '');
    const there = replacements.get(range.start);
    if (there !== undefined && there.text !== text) {
      throw new TrustError(
        'BASE_IMAGE_CONFLICT',
        `Line ${line ?? 0} of the Dockerfile names different images on different platforms`,
        { remedy: 'Build one platform per step, or name the images in separate FROM lines.' },
      );
    }
    replacements.set(range.start, { end: range.end, text });
  }
  let result = '';
  let at = 0;
  for (const [start, { end, text }] of replacements) {
    result += source.slice(at, start) + text;
    at = end;
  }
  return result + source.slice(at);
}
