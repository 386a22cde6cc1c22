import { describe, expect, it } from 'vitest';
import { unsetVariableWarnings } from '../../src/docker/environment.js';

const surroundings = {
  environment: { SET: 'x', EMPTY: '' },
  platform: 'linux' as const,
  nameInput: (name: string) => name,
};

describe('a variable that a build takes a value from', () => {
  it('is warned of when it is not set, by position and not by name', () => {
    const warnings = unsetVariableWarnings(
      {
        secrets: ['id=a,env=SET', 'id=b,env=ghp_1234', 'id=c,env=EMPTY', 'id=d,src=x', 'id=e'],
        buildArgs: ['A=1', 'SET', 'NOT_SET'],
      },
      surroundings,
    );
    expect(warnings).toEqual([
      expect.stringMatching(/^"secrets": .* entry 2 is not set/),
      expect.stringMatching(/^"secrets": .* entry 3 is not set/),
      expect.stringMatching(/^"build-args": .* entry 3 is not set/),
    ]);
    expect(warnings.join()).not.toContain('ghp_');
  });

  it('is found whatever its case on Windows', () => {
    const build = { secrets: ['id=a,env=set'], buildArgs: [] };
    expect(unsetVariableWarnings(build, { ...surroundings, platform: 'win32' })).toEqual([]);
  });
});
