import { describe, expect, it } from 'vitest';
import {
  aftermathOf,
  completed,
  leastCertain,
  TagStates,
  type TaggedRepository,
  type TagState,
} from '../../../src/commands/report/tag-states.js';

const image = {
  registry: 'contoso.azurecr.io',
  repository: 'team/app',
  gun: 'contoso.azurecr.io/team/app',
};
const app = image.gun;

/** What is said of tags in these states. */
function told(
  tags: Readonly<Record<string, TagState>>,
  more: Partial<TaggedRepository> = {},
): { readonly sentences: readonly string[]; readonly steps: readonly string[] } {
  const states = new TagStates(Object.keys(tags));
  for (const [tag, state] of Object.entries(tags)) states.note(state, [tag]);
  return aftermathOf([{ image, states, ...more }]);
}

const look = `See what is signed: acr-content-trust inspect --registry ${image.registry} --repository ${image.repository}`;

describe('what a failed run says of its tags', () => {
  it('is nothing where it has changed nothing', () => {
    expect(told({ a: 'untouched' })).toEqual({ sentences: [], steps: [] });
    expect(told({ a: 'untouched' }, { pushed: 'no', heldUnder: 'no tag' }).sentences).toEqual([]);
  });

  it.each<[TagState, string]>([
    ['unsigned', `The registry holds ${app}:a, and this run has not signed it.`],
    ['signing-unknown', `It is not known whether ${app}:a is signed.`],
    ['signed', `${app}:a is signed.`],
    ['push-unknown', `It is not known whether the registry has what this run pushed as ${app}:a.`],
    [
      'signed-untagged',
      `${app}:a is signed, and the registry does not have the signed image under that tag.`,
    ],
    [
      'signed-unsettled',
      `${app}:a is signed; it is not known whether the registry has the signed image under that tag.`,
    ],
    ['moved', `This run signed ${app}:a, and another run has moved it since.`],
  ])('names a tag that is %s', (state, sentence) => {
    expect(told({ a: state }, { pushed: 'yes' }).sentences).toEqual([sentence]);
  });

  it('is said of each tag by its own state', () => {
    const { sentences } = told(
      { a: 'unsigned', b: 'push-unknown', c: 'untouched', d: 'unsigned' },
      { pushed: 'unknown' },
    );
    expect(sentences).toEqual([
      `${app}:c is as before.`,
      `It is not known whether the registry has what this run pushed as ${app}:b.`,
      `The registry holds ${app}:a, ${app}:d, and this run has not signed them.`,
    ]);
  });

  it('says where an image without its tags is', () => {
    const held = { heldUnder: 'no tag', pushed: 'yes' } as const;
    const there = `No tag of ${app} was moved: what this run pushed is there under no tag.`;
    expect(told({ a: 'untouched' }, held).sentences).toEqual([there]);
    expect(told({ a: 'signing-unknown' }, held).sentences).toEqual([
      there,
      `It is not known whether ${app}:a is signed.`,
    ]);
    expect(told({ a: 'untouched' }, { ...held, pushed: 'unknown' }).sentences).toEqual([
      `No tag of ${app} was moved. It is not known whether what this run pushed is there under no tag.`,
    ]);
    expect(told({ a: 'signed-unsettled', b: 'signed-untagged' }, held).sentences).not.toContain(
      there,
    );
  });

  it('leaves open whether it is signed where Docker signs as it pushes', () => {
    const { sentences, steps } = told({ a: 'push-unknown' }, { signsWithPush: true });
    expect(sentences).toEqual([
      `It is not known whether the registry has what this run pushed as ${app}:a, or whether that is signed.`,
    ]);
    expect(steps[0]).toBe(look);
  });

  it('says how to find out what is not known', () => {
    expect(told({ a: 'signing-unknown' }).steps).toEqual([
      look,
      'Run the step again: a tag that is signed already is not signed a second time.',
    ]);
  });

  it('stays readable however many tags there are', () => {
    const many = Object.fromEntries(
      Array.from({ length: 1200 }, (_, n) => [`t${n}`, 'unsigned' as const]),
    );
    const [sentence = ''] = told(many).sentences;
    expect(sentence).toContain('and 1180 more');
    expect(sentence.length).toBeLessThan(1500);
  });

  it('is the end of message and remedy', () => {
    const failure = { message: 'The push broke', remedy: 'Run the step again.' };
    expect(completed(failure, { sentences: ['A is signed.'], steps: ['Look.'] })).toEqual({
      message: 'The push broke. A is signed.',
      remedy: 'Run the step again.\nLook.',
    });
    expect(completed(failure, { sentences: [], steps: [] })).toEqual(failure);
  });
});

describe('what can be said of all tags together', () => {
  it('is the worst of what can be said of one', () => {
    expect(leastCertain(['signed', 'signing-unknown', 'unsigned'])).toBe('signing-unknown');
    expect(leastCertain(['signed', 'moved'])).toBe('moved');
    expect(leastCertain(['signed', 'signed'])).toBe('signed');
    expect(leastCertain([])).toBe('untouched');
  });
});
