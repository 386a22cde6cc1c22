/**
 * When the wanted tags appear in the registry: before the signature, as Docker does it, or after it.
 * Pure.
 */
import { randomBytes } from 'node:crypto';
import { pushesByDigest } from '../docker/index.js';
import type { SigningConfiguration } from './configuration.js';
import {
  nothingPushed,
  withTags,
  type RegistryState,
  type UniformState,
} from './registry-state.js';

/** What all staging tags begin with, so that a purge task finds what is left of them. */
export const stagingTagPrefix = 'acr-content-trust-staging-';

/** Where the image is between push and signature. */
export type TagOrder =
  /** Under its tags already: they are pushed first. */
  | { readonly kind: 'tags-first' }
  /** In the repository without any tag. */
  | { readonly kind: 'by-digest' }
  /** Under a tag of this run's own. */
  | { readonly kind: 'staging-tag'; readonly tag: string };

/** What the order of tags depends on. */
export interface TagOrderBuilder {
  readonly builder: 'classic' | 'buildx' | undefined;
  /** The buildx driver. */
  readonly driver: string | undefined;
}

/** The order of this run. */
export function chooseTagOrder(
  {
    command,
    signing,
  }: { readonly command: string; readonly signing: SigningConfiguration | undefined },
  { builder, driver }: TagOrderBuilder,
): TagOrder {
  // The Docker CLI signs a tag as it pushes it; configurations that ask for more are refused.
  if (!signing || signing.engine === 'docker' || signing.tagsLast === 'never') {
    return { kind: 'tags-first' };
  }
  if (command === 'buildAndPush' && builder === 'buildx' && pushesByDigest(driver)) {
    return { kind: 'by-digest' };
  }
  return signing.tagsLast === 'always'
    ? { kind: 'staging-tag', tag: stagingTagPrefix + randomBytes(8).toString('hex') }
    : { kind: 'tags-first' };
}

/** The state of the registry while the image is pushed. */
export function pushingState(order: TagOrder, tags: readonly string[]): RegistryState {
  return order.kind === 'tags-first'
    ? withTags(nothingPushed, tags, 'push-unknown')
    : { kind: 'pushing-untagged', under: heldUnder(order) };
}

/** The state of the registry once it is pushed. */
export function pushedState(order: TagOrder): UniformState {
  return order.kind === 'tags-first'
    ? { kind: 'tagged-unsigned' }
    : { kind: 'pushed-untagged', under: heldUnder(order) };
}

/** Where the image is as long as it has no tags, in words. */
function heldUnder(order: Exclude<TagOrder, { readonly kind: 'tags-first' }>): string {
  return order.kind === 'by-digest' ? 'no tag' : `the tag ${order.tag}`;
}
