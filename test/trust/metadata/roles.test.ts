import { describe, expect, it } from 'vitest';
import {
  depthOf,
  isChildOf,
  isDelegation,
  isRoleName,
  isSignerName,
  isTargetsRole,
  parentOf,
  pathsCover,
  restrictPaths,
  roleOfSigner,
} from '../../../src/trust/metadata/index.js';

describe('role names', () => {
  it.each(['targets/a', 'targets/releases', 'targets/a-b_c/9', `targets/${'x'.repeat(247)}`])(
    '%s is a delegation',
    (name) => {
      expect(isDelegation(name)).toBe(true);
      expect(isRoleName(name) && isTargetsRole(name)).toBe(true);
    },
  );

  it.each([
    'targets',
    'targets/',
    'root/a',
    'targets/A',
    'targets/a/',
    'targets//a',
    'targets/.',
    'targets/..',
    'targets/a.b',
    'targets/a/*',
    'targets/ä',
    'targets/a\n',
    '/targets/a',
    'Targets/a',
    '',
    'targetsx/a',
    `targets/${'x'.repeat(248)}`,
  ])('"%s" is no delegation', (name) => {
    expect(isDelegation(name)).toBe(false);
  });

  it('know their parent and depth', () => {
    expect(parentOf('targets/a/b')).toBe('targets/a');
    expect(parentOf('targets')).toBe('');
    expect(depthOf('targets/a/b')).toBe(2);
    expect(isChildOf('targets/a', 'targets')).toBe(true);
    expect(isChildOf('targets/a/b', 'targets')).toBe(false);
    expect(isChildOf('targets/a', 'targets/a')).toBe(false);
    expect(isChildOf('root', '')).toBe(false);
  });

  it.each([
    ['alice', true],
    ['9lives', true],
    ['a-b_c', true],
    ['releases', false],
    ['-a', false],
    ['_a', false],
    ['Alice', false],
    ['a/b', false],
    ['', false],
    ['a.b', false],
    ['x'.repeat(300), false],
  ])('"%s" as a Docker signer: %s', (name, expected) => {
    expect(isSignerName(name)).toBe(expected);
    if (expected) expect(isDelegation(roleOfSigner(name))).toBe(true);
  });
});

describe('paths', () => {
  it('are plain prefixes', () => {
    expect(pathsCover([''], 'anything')).toBe(true);
    expect(pathsCover([], 'anything')).toBe(false);
    expect(pathsCover(['v1', 'v2'], 'v2.3')).toBe(true);
    expect(pathsCover(['v1*'], 'v1.0')).toBe(false);
  });

  it('of a child keep to those of its parent', () => {
    expect(restrictPaths(['v1.', 'v2', ''], ['v1'])).toEqual(['v1.']);
    expect(restrictPaths(['', 'a'], [''])).toEqual(['', 'a']);
    expect(restrictPaths(['a'], [])).toEqual([]);
  });
});
