import { describe, expect, it } from 'vitest';
import { selectTags } from '../../../src/commands/revoke/tag-patterns.js';

describe('the selection of tags', () => {
  it.each([
    ['1.0', ['1.0'], ['1.0.0', '1x0', 'v1.0', '']],
    ['nightly-*', ['nightly-', 'nightly-7', 'nightly-a-b'], ['nightly', 'a-nightly-7']],
    ['*', ['', 'a', '1.0'], []],
    ['*-rc*', ['1-rc', '1-rc.2', 'a-rc-rc'], ['1-r', 'rc']],
    ['1.?', ['1.0', '1.x'], ['1.', '1.10']],
    ['*a*b*c', ['abc', 'xaybzc', 'aabbc'], ['acb', 'abcd']],
    ['?*', ['a', 'ab'], ['']],
  ])('%s means %j and not %j', (pattern, meant, others) => {
    const { selects } = selectTags([pattern]);
    expect(meant.filter((tag) => !selects(tag))).toEqual([]);
    expect(others.filter(selects)).toEqual([]);
  });

  it('takes no character but its wildcards for a special one', () => {
    const { selects } = selectTags(['1.0', '[ab]', '*']);
    expect(selects('anything')).toBe(true);
    expect(selectTags(['1.0', 'a_b']).selects('1x0')).toBe(false);
  });

  it('is quick about names made to be slow', () => {
    const { selects } = selectTags([`${'*a'.repeat(40)}b`]);
    expect(selects('a'.repeat(128))).toBe(false);
  });

  it('means every tag when there is none', () => {
    expect(selectTags(undefined).selects('whatever')).toBe(true);
    expect(selectTags(undefined).without([])).toEqual([]);
  });

  it('says which names and patterns mean none of the tags', () => {
    expect(selectTags(['1.0', '2.*', 'x?']).without(['1.0', 'y1'])).toEqual(['2.*', 'x?']);
  });
});
