import { homedir, userInfo } from 'node:os';
import path from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { homeDirectory } from '../../src/hosts/environment.js';

afterEach(() => {
  vi.unstubAllEnvs();
});

describe.skipIf(process.platform === 'win32')('the home directory', () => {
  it('is what HOME says', () => {
    vi.stubEnv('HOME', '/somewhere');
    expect(homeDirectory()).toBe('/somewhere');
  });

  it.each(['', 'x/y', '.'])('is never below the current folder, as with HOME=%j', (home) => {
    vi.stubEnv('HOME', home);
    expect(path.isAbsolute(homedir())).toBe(false);
    expect(homeDirectory()).toBe(userInfo().homedir);
  });
});
