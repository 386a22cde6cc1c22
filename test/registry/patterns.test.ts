import { describe, expect, it } from 'vitest';
import { parseNamePattern, selectTags } from '../../src/registry/index.js';

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

describe('a pattern of names', () => {
  it.each([
    ['docker.io/library/*', 'docker.io/library/alpine', true],
    ['docker.io/library/*', 'docker.io/library2/alpine', false],
    ['docker.io/library/alpine', 'docker.io/library/alpine', true],
    ['docker.io/library/alpine', 'docker.io/library/alpine3', false],
    ['*.azurecr.io/team/*-dev', 'contoso.azurecr.io/team/a/b-dev', true],
    ['*.azurecr.io/team/*-dev', 'contoso.azurecr.io/team/a/b-prod', false],
    ['*.azurecr.io/*', 'evil.example/a.azurecr.io/b', false],
    ['*/team/*', 'evil.example/a/team/b', false],
    ['contoso.*/team', 'contoso.example/team', true],
    ['localhost:5000/*', 'localhost:5000/a', true],
    ['a.io/*ab*b', 'a.io/ab', false],
  ])('%s against %s: %s', (pattern, name, expected) => {
    expect(parseNamePattern(pattern).matches(name)).toBe(expected);
  });

  it.each(['*', 'alpine', 'docker.io/Library', 'docker.io/a:1', 'a b/c'])('is not %j', (text) => {
    expect(() => parseNamePattern(text)).toThrow(/is not a pattern of image names/);
  });
});
