import { describe, expect, it } from 'vitest';
import type { SigningConfiguration } from '../../src/image-signing/index.js';
import { chooseTagOrder, stagingTagPrefix } from '../../src/image-signing/tag-order.js';
import { parseTag } from '../../src/registry/index.js';

type Wish = Pick<SigningConfiguration, 'tagsLast' | 'engine'>;

const signing = (wish: Partial<Wish>): SigningConfiguration => ({
  engine: 'native',
  tagsLast: 'auto',
  signingKey: {
    reference: { kind: 'file', path: '/key.pem' },
    passphrase: undefined,
    passphraseInput: 'signing-key-passphrase',
  },
  rootKey: undefined,
  pins: [],
  ...wish,
});

describe('when tags appear', () => {
  it.each([
    ['buildAndPush', 'buildx', 'docker-container', {}, 'by-digest'],
    ['buildAndPush', 'buildx', 'kubernetes', {}, 'by-digest'],
    ['buildAndPush', 'buildx', 'remote', { tagsLast: 'always' }, 'by-digest'],
    ['buildAndPush', 'buildx', 'docker-container', { tagsLast: 'never' }, 'tags-first'],
    ['buildAndPush', 'buildx', 'docker', {}, 'tags-first'],
    ['buildAndPush', 'buildx', 'docker', { tagsLast: 'always' }, 'staging-tag'],
    ['buildAndPush', 'classic', undefined, {}, 'tags-first'],
    ['buildAndPush', 'classic', undefined, { tagsLast: 'always' }, 'staging-tag'],
    ['buildAndPush', 'classic', undefined, { engine: 'docker' }, 'tags-first'],
    ['push', undefined, undefined, {}, 'tags-first'],
    ['push', undefined, undefined, { tagsLast: 'always' }, 'staging-tag'],
  ] as const)('%s with %s, driver %s and %o: %s', (command, builder, driver, wish, kind) => {
    const order = chooseTagOrder({ command, signing: signing(wish) }, { builder, driver });
    expect(order.kind).toBe(kind);
  });

  it('is first where nothing is signed', () => {
    const docker = { builder: 'buildx', driver: 'remote' } as const;
    const order = chooseTagOrder({ command: 'buildAndPush', signing: undefined }, docker);
    expect(order.kind).toBe('tags-first');
  });

  it('uses a staging tag that nobody else has and a purge task can find', () => {
    const wanted = { command: 'push', signing: signing({ tagsLast: 'always' }) } as const;
    const tags = [1, 2].map(() => {
      const order = chooseTagOrder(wanted, { builder: undefined, driver: undefined });
      return order.kind === 'staging-tag' ? parseTag(order.tag) : '';
    });
    expect(tags[0]).not.toBe(tags[1]);
    for (const tag of tags) expect(tag.startsWith(stagingTagPrefix)).toBe(true);
  });
});
