/** Entries for the builder, one a line, and what people write instead. */
import { describe, expect, it } from 'vitest';
import { isTrustError, type TrustError } from '../../src/errors.js';
import { secretValuesIn } from '../../src/inputs/index.js';
import { readInputs } from '../../src/commands/index.js';

const image = { registry: 'contoso.azurecr.io', repository: 'team/app', tags: '1.0' };

function read(texts: Partial<Record<string, string>>) {
  const given: Partial<Record<string, string>> = { ...image, ...texts };
  return readInputs('buildAndPush', 'action', (name) => given[name] ?? '');
}

function refusal(texts: Partial<Record<string, string>>): TrustError {
  try {
    read(texts);
  } catch (error) {
    if (isTrustError(error)) return error;
    throw error;
  }
  throw new Error('it was accepted');
}

describe('entries of a line each', () => {
  it('are accepted as the builder takes them', () => {
    const values = read({
      'build-args': '\nA=1\n  B=a b=c "d"\r\nFROM_ENVIRONMENT\nEMPTY=\nnpm.config-x=1',
      labels: 'org.opencontainers.image.title=my app\nempty=',
      secrets: 'id=npm,env=NPM_TOKEN\nid=npmrc,src=/a b/.npmrc\nid=TOKEN\nid=x,type=env,env=X',
    });
    expect(values['build-args']).toEqual([
      'A=1',
      'B=a b=c "d"',
      'FROM_ENVIRONMENT',
      'EMPTY=',
      'npm.config-x=1',
    ]);
    expect(values.labels).toEqual(['org.opencontainers.image.title=my app', 'empty=']);
    expect(values.secrets).toHaveLength(4);
  });

  it('may have values of several lines, in quotes', () => {
    const values = read({ 'build-args': 'A=1\n"KEY=one\n  two\n\n""three"""\nB=2\n"C=3"' });
    expect(values['build-args']).toEqual(['A=1', 'KEY=one\n  two\n\n"three"', 'B=2', 'C=3']);
  });

  it.each([
    ['build-args', 'A = hunter2', /has blanks around its equals sign/, /^Write NAME=value/],
    ['build-args', 'A= hunter2', /has blanks around its equals sign/, /without blanks/],
    ['build-args', 'A =hunter2', /has blanks around its equals sign/, /without blanks/],
    ['build-args', '--build-arg A=hunter2', /begins with a flag/, /Leave out --build-arg/],
    ['build-args', '# A=hunter2', /is a comment/, /Remove the line/],
    ['build-args', '=hunter2', /is not NAME=value/, /^Write NAME=value/],
    ['build-args', "'A=hunter2'", /is not NAME=value/, /^Write NAME=value/],
    ['build-args', 'KEY: hunter2', /is not NAME=value/, /several lines goes in quotes/],
    ['build-args', '"A=hunter2', /opens a quote that is never closed/, /Close the quote/],
    ['labels', 'a = hunter2', /has blanks around/, /^Write name=value/],
    ['labels', '--label a=hunter2', /begins with a flag/, /Leave out --label/],
    ['labels', 'hunter2', /is not name=value/, /^Write name=value/],
    ['secrets', 'NPM_TOKEN=hunter2', /holds a value itself/, /^Write id=NPM_TOKEN,env=NPM_TOKEN,/],
    ['secrets', 'npm=hunter2', /holds a value itself/, /^Write id=NAME,env=NAME,/],
    ['secrets', 'aHVudGVyMg==', /holds a value itself/, /^Write id=NAME,env=NAME,/],
    ['secrets', 'id=npm,value=hunter2', /holds a value itself/, /^Write id=NAME,env=NAME,/],
    ['secrets', 'id=npm, env=NPM_TOKEN', /holds a value itself|blanks/, /^Write id=/],
    ['secrets', 'id=npm,env=hunter2-hunter2', /holds a value itself/, /^Write id=/],
    ['secrets', '--secret id=a,env=HUNTER2', /begins with a flag/, /Leave out --secret/],
    ['secrets', 'hunter2', /holds a value itself/, /^Write id=NAME/],
  ] as const)(
    'of "%s" may not be %s: the line is named, never its text',
    (input, entry, problem, remedy) => {
      const good = input === 'secrets' ? 'id=a,env=A' : 'a=1';
      const error = refusal({ [input]: `${good}\n\n${entry}` });
      expect(error.code).toBe('INPUT_INVALID');
      expect(error.message).toMatch(new RegExp(`^Input "${input}" line 3 `));
      expect(error.message).toMatch(problem);
      expect(error.remedy).toMatch(remedy);
      expect(`${error.message}${error.remedy}`).not.toMatch(/hunter2|aHVudGVyMg/i);
    },
  );

  it('are told together, each by its line', () => {
    const { message } = refusal({ 'build-args': 'A = 1\nB=2\n# C', secrets: 'T=v' });
    expect(message).toMatch(
      /^2 inputs cannot be used:\n"build-args" line 1 .*\n"build-args" line 3 .*\n"secrets" line 1 /s,
    );
  });
});

describe('the values of secrets that stand in the input itself', () => {
  it('are found, whole and by themselves', () => {
    expect(secretValuesIn('id=a,env=A\nNPM_TOKEN=hunter2-hunter2')).toEqual([
      'NPM_TOKEN=hunter2-hunter2',
      'hunter2-hunter2',
    ]);
    expect(secretValuesIn('"KEY=-----BEGIN\nabc')).toContain('-----BEGIN\nabc');
  });

  it('are none in entries that only name them', () => {
    expect(secretValuesIn('id=a,env=A\nid=b,src=/x')).toEqual([]);
  });
});
