import { afterEach, describe, expect, it, vi } from 'vitest';
import { isInstalled } from './required.js';

afterEach(() => {
  vi.unstubAllEnvs();
});

describe('a program that judges', () => {
  it('may be missing on a machine of a person, and not in CI', () => {
    vi.stubEnv('CI', '');
    expect(isInstalled('no-such-judge')).toBe(false);
    expect(isInstalled(process.execPath, '--version')).toBe(true);
    vi.stubEnv('CI', 'true');
    expect(isInstalled(process.execPath, '--version')).toBe(true);
    expect(() => isInstalled('no-such-judge')).toThrow('this machine has no no-such-judge');
  });
});
