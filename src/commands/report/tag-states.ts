/**
 * What became of each tag of a run, and the one place that says so when the run fails. What is not
 * known is said not to be known.
 */
import { ourCommand } from '../command-line.js';
import type { ImageConfiguration } from '../configuration/types.js';
import { someOf } from './some-of.js';

/** What became of a tag, as far as the run can say. Each is explained in docs/trust-report.md. */
export type TagState =
  | 'untouched'
  | 'push-unknown'
  | 'unsigned'
  | 'signing-unknown'
  | 'signed'
  | 'signed-untagged'
  | 'signed-unsettled'
  | 'moved';

/** The states of a tag in a few words, empty for one that is well. */
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
export function leastCertain(states: readonly TagState[]): TagState {
  return byCertainty.find((state) => states.includes(state)) ?? 'untouched';
}

/** The states of some tags of one repository. */
export class TagStates {
  readonly #states: Map<string, TagState>;

  constructor(tags: Iterable<string>) {
    this.#states = new Map([...tags].map((tag) => [tag, 'untouched']));
  }

  /** Notes what can be said of `tags` from now on; of all tags without them. */
  note(state: TagState, tags: Iterable<string> = this.#states.keys()): void {
    for (const tag of [...tags]) this.#states.set(tag, state);
  }

  of(tag: string): TagState {
    return this.#states.get(tag) ?? 'untouched';
  }

  /** The tags in this state. */
  in(state: TagState): readonly string[] {
    return [...this.#states].flatMap(([tag, its]) => (its === state ? [tag] : []));
  }
}

/** What a run that fails says besides why it failed. */
export interface Aftermath {
  /** What it has changed, and what it does not know of that. */
  readonly sentences: readonly string[];
  /** What to do about it, a step each. */
  readonly steps: readonly string[];
}

/** Message and remedy of a failure, completed with what the run has made. */
export function completed(
  { message, remedy }: { readonly message: string; readonly remedy: string },
  { sentences, steps }: Aftermath,
): { readonly message: string; readonly remedy: string } {
  return {
    message:
      sentences.length === 0 ? message : [message.replace(/[.\s]*$/, '.'), ...sentences].join(' '),
    remedy: [remedy, ...steps].join('\n'),
  };
}

/** The tags of one repository, and how they come into the registry. */
export interface TaggedRepository {
  readonly image: Pick<ImageConfiguration, 'registry' | 'repository' | 'gun'>;
  readonly states: TagStates;
  /** Whether the run has put the image into the registry. */
  readonly pushed?: 'yes' | 'no' | 'unknown';
  /** Where the image is as long as it has no tags; undefined where tags are pushed first. */
  readonly heldUnder?: string | undefined;
  /** Whether whoever pushes signs at the same time. */
  readonly signsWithPush?: boolean;
}

/** Tells what a run has made of its tags, from nothing but their states. */
export function aftermathOf(repositories: readonly TaggedRepository[]): Aftermath {
  const named = (state: TagState): Named =>
    nameAll(
      repositories.flatMap(({ image, states }) =>
        states.in(state).map((tag) => `${image.gun}:${tag}`),
      ),
    );
  const sentences = [
    ...repositories.flatMap(heldSentences),
    ...told(named('push-unknown'), ({ names }) =>
      repositories.some(({ signsWithPush }) => signsWithPush)
        ? `It is not known whether the registry has what this run pushed as ${names}, or whether that is signed.`
        : `It is not known whether the registry has what this run pushed as ${names}.`,
    ),
    ...told(
      named('unsigned'),
      ({ names, it }) => `The registry holds ${names}, and this run has not signed ${it}.`,
    ),
    ...told(
      named('signing-unknown'),
      ({ names, is }) => `It is not known whether ${names} ${is} signed.`,
    ),
    ...told(
      named('signed-untagged'),
      ({ names, is }) =>
        `${names} ${is} signed, and the registry does not have the signed image under that tag.`,
    ),
    ...told(
      named('signed-unsettled'),
      ({ names, is }) =>
        `${names} ${is} signed; it is not known whether the registry has the signed image under that tag.`,
    ),
    ...told(
      named('moved'),
      ({ names, it }) => `This run signed ${names}, and another run has moved ${it} since.`,
    ),
    ...told(named('signed'), ({ names, is }) => `${names} ${is} signed.`),
  ];
  const unknown = repositories.filter(
    ({ states, signsWithPush }) =>
      states.in('signing-unknown').length > 0 ||
      (signsWithPush === true && states.in('push-unknown').length > 0),
  );
  const steps = unknown.slice(0, mostSteps).map(({ image: { registry, repository } }) => {
    const command = ourCommand('inspect', { registry, repository });
    return `See what is signed: ${command}`;
  });
  if (steps.length > 0) {
    steps.push('Run the step again: a tag that is signed already is not signed a second time.');
  }
  return { sentences, steps };
}

/** More repositories than this are looked at with the same command. */
const mostSteps = 3;
/** More tags than this are counted, not named. */
const mostNames = 20;

interface Named {
  readonly count: number;
  readonly names: string;
  readonly is: 'is' | 'are';
  readonly it: 'it' | 'them';
}

function nameAll(names: readonly string[]): Named {
  const isOne = names.length === 1;
  return {
    count: names.length,
    names: someOf(names, mostNames),
    is: isOne ? 'is' : 'are',
    it: isOne ? 'it' : 'them',
  };
}

function told(named: Named, sentence: (named: Named) => string): readonly string[] {
  return named.count === 0 ? [] : [sentence(named)];
}

/** An image that has no tags yet: where it is, and that the tags are as they were. */
function heldSentences({ image, states, pushed, heldUnder }: TaggedRepository): readonly string[] {
  if (pushed === 'no' || pushed === undefined) return [];
  const untouched = nameAll(states.in('untouched').map((tag) => `${image.gun}:${tag}`));
  if (heldUnder === undefined) {
    return told(untouched, ({ names, is }) => `${names} ${is} as before.`);
  }
  // Signed or not, a tag of the registry is only changed by putting it.
  const isPut = states.in('signed').length + states.in('signed-unsettled').length > 0;
  if (isPut || states.in('moved').length > 0) return [];
  return [
    pushed === 'yes'
      ? `No tag of ${image.gun} was moved: what this run pushed is there under ${heldUnder}.`
      : `No tag of ${image.gun} was moved. It is not known whether what this run pushed is there under ${heldUnder}.`,
  ];
}
