/**
 * The states that a registry can be in while a run pushes and signs an image, the steps from one to
 * the next, and what each state promises of a run that fails in it. Pure. What is not known is said
 * not to be known.
 */
import { ourCommand } from '../command-line.js';
import type { ImageConfiguration, SignedKinds } from './configuration.js';
import type { Aftermath } from '../report/failure.js';
import { truncateList } from '../report/text.js';

/** What the run knows of a tag. Each is explained in docs/trust-report.md. */
export type TagState =
  | 'untouched'
  | 'push-unknown'
  | 'unsigned'
  | 'signing-unknown'
  | 'signed'
  | 'signed-untagged'
  | 'signed-unsettled'
  | 'moved';

/** What the registry has of the image of a run. `under` says where the image is without its tags. */
export type RegistryState =
  | { readonly kind: 'nothing-pushed' }
  | { readonly kind: 'pushing-untagged'; readonly under: string }
  | { readonly kind: 'pushed-untagged'; readonly under: string }
  | { readonly kind: 'tagged-unsigned' }
  | { readonly kind: 'signed-untagged'; readonly under: string }
  | { readonly kind: 'signed' }
  /** On the way from one state to the next, or moved by another run: some tags have their own state. */
  | {
      readonly kind: 'tag-by-tag';
      readonly from: UniformState;
      readonly tags: ReadonlyMap<string, TagState>;
    };

/** A state in which all tags are alike. */
export type UniformState = Exclude<RegistryState, { readonly kind: 'tag-by-tag' }>;

/** The state that a run is in now: noted before the registry can be in it, so that any end finds it. */
export interface Progress {
  state: RegistryState;
}

export const nothingPushed: RegistryState = { kind: 'nothing-pushed' };

/** `state`, but for `tags`, which are in the state `now`. */
export function withTags(
  state: RegistryState,
  tags: Iterable<string>,
  now: TagState,
): RegistryState {
  const [from, before] = state.kind === 'tag-by-tag' ? [state.from, state.tags] : [state, []];
  return {
    kind: 'tag-by-tag',
    from,
    tags: new Map([...before, ...[...tags].map((tag) => [tag, now] as const)]),
  };
}

/** What follows on `state` when `tags` were signed and read back. */
export function afterReadBack(state: RegistryState, tags: Iterable<string>): RegistryState {
  const from = baseOf(state);
  return 'under' in from
    ? { kind: 'signed-untagged', under: from.under }
    : withTags(state, tags, 'signed-unsettled');
}

/** What can be said of one tag. */
export function tagStateOf(state: RegistryState, tag: string): TagState {
  switch (state.kind) {
    case 'nothing-pushed':
    case 'pushing-untagged':
    case 'pushed-untagged':
      return 'untouched';
    case 'tagged-unsigned':
      return 'unsigned';
    case 'signed-untagged':
    case 'signed':
      return state.kind;
    case 'tag-by-tag':
      return state.tags.get(tag) ?? tagStateOf(state.from, tag);
  }
}

/** Whether the run has put the image into the registry, under whatever name. */
export function pushedIn(state: RegistryState): 'yes' | 'no' | 'unknown' {
  if (state.kind === 'tag-by-tag') {
    return state.from.kind === 'nothing-pushed' ? 'unknown' : pushedIn(state.from);
  }
  if (state.kind === 'nothing-pushed') return 'no';
  return state.kind === 'pushing-untagged' ? 'unknown' : 'yes';
}

/** Whether what clients with content trust get is what the run has signed. */
export function isSigned(state: TagState): boolean {
  return state === 'signed' || state === 'signed-unsettled' || state === 'signed-untagged';
}

function baseOf(state: RegistryState): UniformState {
  return state.kind === 'tag-by-tag' ? state.from : state;
}

/** The states of a tag in a few words, empty for one that is as wanted. */
export const stateTexts: Readonly<Record<TagState, string>> = {
  untouched: 'not touched by this run',
  'push-unknown': 'the push broke off; the registry may have it',
  unsigned: 'unsigned',
  'signing-unknown': 'not known whether it is signed',
  signed: '',
  'signed-untagged': 'signed; the registry does not have it under this tag',
  'signed-unsettled': 'signed; not known whether the registry has it under this tag',
  moved: 'signed, and moved by another run since',
};

/** From the worst that can be said of a tag to the best. */
const byCertainty: readonly TagState[] = [
  'push-unknown',
  'signing-unknown',
  'moved',
  'unsigned',
  'signed-untagged',
  'signed-unsettled',
  'untouched',
  'signed',
];

/** What can be said of all tags together: the worst of what can be said of one. */
export function leastCertain(state: RegistryState, tags: readonly string[]): TagState {
  const states = tags.map((tag) => tagStateOf(state, tag));
  return byCertainty.find((worst) => states.includes(worst)) ?? 'untouched';
}

/** What a signature is for, where a run makes others as well. */
const forKinds: Readonly<Record<SignedKinds, string>> = {
  dct: '',
  'notary-project': '',
  both: ' for Docker Content Trust',
};

/** The image of one repository. */
export interface ImageInState {
  readonly image: ImageConfiguration;
  readonly state: RegistryState;
  /** Whether the push signs as well. */
  readonly signsWithPush?: boolean;
  /** What the image is, or was to be, signed with. Default: dct. */
  readonly kinds?: SignedKinds;
  /** The Notary Project signatures of the image that are known to be listed. */
  readonly attached?: readonly { readonly digest: string }[];
  /** Digests of which that is not known. */
  readonly attaching?: ReadonlySet<string>;
}

/** What is said of the tags in each state, in this order. */
const sentencesOf: readonly (readonly [TagState, (named: Named) => string])[] = [
  [
    'push-unknown',
    ({ names }) => `It is not known whether the registry has what this run pushed as ${names}`,
  ],
  [
    'unsigned',
    ({ names, it, kinds }) =>
      kinds === 'notary-project'
        ? `The registry holds ${names}, and this run has not finished signing ${it}`
        : `The registry holds ${names}, and this run has not signed ${it}${forKinds[kinds]}`,
  ],
  [
    'signing-unknown',
    ({ names, is, kinds }) => `It is not known whether ${names} ${is} signed${forKinds[kinds]}`,
  ],
  [
    'signed-untagged',
    ({ names, is }) =>
      `${names} ${is} signed, and the registry does not have the signed image under that tag`,
  ],
  [
    'signed-unsettled',
    ({ names, is }) =>
      `${names} ${is} signed; it is not known whether the registry has the signed image under that tag`,
  ],
  ['moved', ({ names, it }) => `This run signed ${names}, and another run has moved ${it} since`],
  ['signed', ({ names, is }) => `${names} ${is} signed`],
];

/** What is left in the registry, and what to do about it. */
export function aftermathOf(images: readonly ImageInState[]): Aftermath {
  const signsWithPush = images.some((image) => image.signsWithPush);
  const kinds = images.find((image) => image.kinds)?.kinds ?? 'dct';
  const sentences = sentencesOf.flatMap(([tagState, sentence]) => {
    const names = images.flatMap((image) => namesIn(image, tagState));
    if (names.length === 0) return [];
    const orSigned =
      signsWithPush && tagState === 'push-unknown' ? ', or whether that is signed' : '';
    return [`${sentence({ ...nameAll(names), kinds })}${orSigned}.`];
  });
  const unknown = images.filter(
    (image) =>
      namesIn(image, 'signing-unknown').length > 0 ||
      (image.attaching?.size ?? 0) > 0 ||
      (image.signsWithPush === true && namesIn(image, 'push-unknown').length > 0),
  );
  const steps = unknown.slice(0, mostSteps).map(({ image: { registry, repository } }) => {
    const command = ourCommand('inspect', { registry, repository });
    return `See what is signed: ${command}`;
  });
  if (steps.length > 0) {
    steps.push('Run the step again: a tag that is signed already is not signed a second time.');
  }
  return {
    sentences: [
      ...images.flatMap(untouchedSentence),
      ...images.flatMap(attachedSentence),
      ...sentences,
    ],
    steps,
  };
}

/** More repositories than this are looked at with the same command. */
const mostSteps = 3;
/** More tags than this are counted, not named. */
const mostNames = 20;

interface Named {
  readonly names: string;
  readonly is: 'is' | 'are';
  readonly it: 'it' | 'them';
  readonly kinds: SignedKinds;
}

function namesIn({ image: { gun, tags }, state }: ImageInState, wanted: TagState): string[] {
  return tags.filter((tag) => tagStateOf(state, tag) === wanted).map((tag) => `${gun}:${tag}`);
}

function nameAll(all: readonly string[]): Omit<Named, 'kinds'> {
  const isOne = all.length === 1;
  return {
    names: truncateList(all, mostNames),
    is: isOne ? 'is' : 'are',
    it: isOne ? 'it' : 'them',
  };
}

/** A signature of a digest stays; whether the tags are signed as well is said of the tags. */
function attachedSentence({
  image: { gun },
  attached = [],
  attaching = new Set(),
}: ImageInState): readonly string[] {
  const nameDigests = (digests: Iterable<string>): string =>
    truncateList(
      [...digests].map((digest) => `${gun}@${digest}`),
      mostNames,
    );
  const known = nameDigests(attached.map(({ digest }) => digest));
  const unknown = nameDigests(attaching);
  return [
    ...(known === ''
      ? []
      : [`A Notary Project signature is attached to ${known}, and is not made a second time.`]),
    ...(unknown === ''
      ? []
      : [`It is not known whether a Notary Project signature is attached to ${unknown}.`]),
  ];
}

/** What is as before, and where an image without its tags is. */
function untouchedSentence(image: ImageInState): readonly string[] {
  const { state } = image;
  const { gun } = image.image;
  const base = baseOf(state);
  if (base.kind === 'nothing-pushed') {
    const untouched = namesIn(image, 'untouched');
    if (state.kind !== 'tag-by-tag' || untouched.length === 0) return [];
    const { names, is } = nameAll(untouched);
    return [`${names} ${is} as before.`];
  }
  // Signed or not, a tag of the registry is only changed by putting it.
  const isPut = (['signed', 'signed-unsettled', 'moved'] as const).some(
    (put) => namesIn(image, put).length > 0,
  );
  if (!('under' in base) || isPut) return [];
  return [
    base.kind === 'pushing-untagged'
      ? `No tag of ${gun} was moved. It is not known whether what this run pushed is there under ${base.under}.`
      : `No tag of ${gun} was moved: what this run pushed is there under ${base.under}.`,
  ];
}
