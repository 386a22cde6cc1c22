import { describe, expect, it } from 'vitest';
import {
  afterReadBack,
  aftermathOf,
  leastCertain,
  nothingPushed,
  pushedIn,
  tagStateOf,
  withTags,
  type ImageInState,
  type RegistryState,
  type TagState,
} from '../../src/image-signing/registry-state.js';

const gun = 'contoso.azurecr.io/team/app';
const image = { registry: 'contoso.azurecr.io', repository: 'team/app', gun, tags: ['a', 'b'] };
const [a, b, both] = [`${gun}:a`, `${gun}:b`, `${gun}:a, ${gun}:b`];

const digest = `sha256:${'d'.repeat(64)}`;
const isAttached = `A Notary Project signature is attached to ${gun}@${digest}, and is not made a second time.`;

const told = (state: RegistryState, signsWithPush = false, tags = image.tags) =>
  aftermathOf([{ image: { ...image, tags }, state, signsWithPush }]);

const pushed: RegistryState = { kind: 'pushed-untagged', under: 'no tag' };
const tagged: RegistryState = { kind: 'tagged-unsigned' };
const untagged: RegistryState = { kind: 'signed-untagged', under: 'no tag' };
const there = `No tag of ${gun} was moved: what this run pushed is there under no tag.`;
const unknown = `It is not known whether ${both} are signed.`;
const look = `See what is signed: acr-content-trust inspect --registry ${image.registry} --repository ${image.repository}`;
const again = 'Run the step again: a tag that is signed already is not signed a second time.';

describe('what a run leaves in the registry that fails', () => {
  interface Row {
    readonly when: string;
    readonly state: RegistryState;
    readonly tags: readonly [TagState, TagState];
    readonly pushed: 'yes' | 'no' | 'unknown';
    readonly sentences: readonly string[];
    readonly steps?: readonly string[];
  }
  const rows: readonly Row[] = [
    {
      when: 'before the push',
      state: nothingPushed,
      tags: ['untouched', 'untouched'],
      pushed: 'no',
      sentences: [],
    },
    {
      when: 'while it pushes the first of its tags',
      state: withTags(nothingPushed, ['a'], 'push-unknown'),
      tags: ['push-unknown', 'untouched'],
      pushed: 'unknown',
      sentences: [
        `${b} is as before.`,
        `It is not known whether the registry has what this run pushed as ${a}.`,
      ],
    },
    {
      when: 'while it pushes the second',
      state: withTags(withTags(nothingPushed, ['a'], 'unsigned'), ['b'], 'push-unknown'),
      tags: ['unsigned', 'push-unknown'],
      pushed: 'unknown',
      sentences: [
        `It is not known whether the registry has what this run pushed as ${b}.`,
        `The registry holds ${a}, and this run has not signed it.`,
      ],
    },
    {
      when: 'once the tags are pushed',
      state: tagged,
      tags: ['unsigned', 'unsigned'],
      pushed: 'yes',
      sentences: [`The registry holds ${both}, and this run has not signed them.`],
    },
    {
      when: 'while it pushes without tags',
      state: { kind: 'pushing-untagged', under: 'the tag staging-1' },
      tags: ['untouched', 'untouched'],
      pushed: 'unknown',
      sentences: [
        `No tag of ${gun} was moved. It is not known whether what this run pushed is there under the tag staging-1.`,
      ],
    },
    {
      when: 'once it is pushed without tags',
      state: pushed,
      tags: ['untouched', 'untouched'],
      pushed: 'yes',
      sentences: [there],
    },
    {
      when: 'while it publishes the signature of tags that are there',
      state: withTags(tagged, image.tags, 'signing-unknown'),
      tags: ['signing-unknown', 'signing-unknown'],
      pushed: 'yes',
      sentences: [unknown],
      steps: [look, again],
    },
    {
      when: 'while it publishes the signature of an image without tags',
      state: withTags(pushed, image.tags, 'signing-unknown'),
      tags: ['signing-unknown', 'signing-unknown'],
      pushed: 'yes',
      sentences: [there, unknown],
      steps: [look, again],
    },
    {
      when: 'after the read-back of tags that are there',
      state: afterReadBack(withTags(tagged, image.tags, 'signing-unknown'), image.tags),
      tags: ['signed-unsettled', 'signed-unsettled'],
      pushed: 'yes',
      sentences: [
        `${both} are signed; it is not known whether the registry has the signed image under that tag.`,
      ],
    },
    {
      when: 'after the read-back of an image without tags',
      state: afterReadBack(withTags(pushed, image.tags, 'signing-unknown'), image.tags),
      tags: ['signed-untagged', 'signed-untagged'],
      pushed: 'yes',
      sentences: [
        there,
        `${both} are signed, and the registry does not have the signed image under that tag.`,
      ],
    },
    {
      when: 'while it puts the tags',
      state: withTags(untagged, ['a'], 'signed-unsettled'),
      tags: ['signed-unsettled', 'signed-untagged'],
      pushed: 'yes',
      sentences: [
        `${b} is signed, and the registry does not have the signed image under that tag.`,
        `${a} is signed; it is not known whether the registry has the signed image under that tag.`,
      ],
    },
    {
      when: 'after another run moved a tag',
      state: withTags(withTags(tagged, ['a'], 'moved'), ['b'], 'signed'),
      tags: ['moved', 'signed'],
      pushed: 'yes',
      sentences: [`This run signed ${a}, and another run has moved it since.`, `${b} is signed.`],
    },
    {
      when: 'when all is done',
      state: { kind: 'signed' },
      tags: ['signed', 'signed'],
      pushed: 'yes',
      sentences: [`${both} are signed.`],
    },
  ];

  it.each(rows)('$when', ({ state, tags, sentences, steps = [], ...row }) => {
    expect(told(state)).toEqual({ sentences, steps });
    expect(image.tags.map((tag) => tagStateOf(state, tag))).toEqual(tags);
    expect(pushedIn(state)).toBe(row.pushed);
  });

  it('leaves open whether a tag is signed where Docker signs as it pushes', () => {
    const { sentences, steps } = told(withTags(nothingPushed, ['a'], 'push-unknown'), true, ['a']);
    expect(sentences).toEqual([
      `It is not known whether the registry has what this run pushed as ${a}, or whether that is signed.`,
    ]);
    expect(steps).toEqual([look, again]);
  });

  it('stays readable however many tags there are', () => {
    const many = Array.from({ length: 1200 }, (_, n) => `t${n}`);
    const [sentence = ''] = told(tagged, false, many).sentences;
    expect(sentence).toContain('and 1180 more');
    expect(sentence.length).toBeLessThan(1500);
  });
});

describe('what can be said of all tags together', () => {
  it.each<[TagState, TagState, TagState]>([
    ['signed', 'signing-unknown', 'signing-unknown'],
    ['unsigned', 'signing-unknown', 'signing-unknown'],
    ['signed', 'moved', 'moved'],
    ['signed', 'signed', 'signed'],
  ])('of %s and %s is %s', (first, second, worst) => {
    const state = withTags(withTags(tagged, ['a'], first), ['b'], second);
    expect(leastCertain(state, image.tags)).toBe(worst);
  });
});

describe('what a run leaves that also signs for Notary Project', () => {
  const attached = [{ digest }];
  const attaching = new Set([digest]);
  const isOpen = `It is not known whether a Notary Project signature is attached to ${gun}@${digest}.`;
  const leaves = (more: Partial<ImageInState>) => aftermathOf([{ image, state: tagged, ...more }]);

  it.each([
    [
      'has attached nothing',
      { kinds: 'notary-project' },
      [`The registry holds ${both}, and this run has not finished signing them.`],
    ],
    [
      'has sent a signature',
      { kinds: 'notary-project', state: pushed, attaching },
      [there, isOpen],
      [look, again],
    ],
    [
      'has attached one of two, and sent the other',
      { kinds: 'both', attached: [{ digest: 'sha256:e' }], attaching },
      [
        isAttached.replace(digest, 'sha256:e'),
        isOpen,
        `The registry holds ${both}, and this run has not signed them for Docker Content Trust.`,
      ],
      [look, again],
    ],
    [
      'publishes trust data',
      { kinds: 'both', state: withTags(pushed, image.tags, 'signing-unknown'), attached },
      [there, isAttached, `It is not known whether ${both} are signed for Docker Content Trust.`],
      [look, again],
    ],
    [
      'puts the tags',
      { kinds: 'notary-project', state: afterReadBack(pushed, image.tags), attached },
      [
        there,
        isAttached,
        `${both} are signed, and the registry does not have the signed image under that tag.`,
      ],
    ],
  ] as const)('is told where it %s', (_, state, sentences, steps: readonly string[] = []) => {
    expect(leaves(state as Partial<ImageInState>)).toEqual({ sentences, steps });
  });
});
