import { describe, expect, it } from 'vitest';
import { isTrustError } from '../../src/errors.js';
import { requireSafeBatchArguments } from '../../src/hosts/windows-batch.js';

const batch = 'C:\\tools\\docker.CMD';

function refusal(program: string, args: readonly string[], platform: NodeJS.Platform = 'win32') {
  try {
    requireSafeBatchArguments(program, args, platform);
    return undefined;
  } catch (error) {
    if (!isTrustError(error)) throw error;
    return error;
  }
}

describe('a batch file on Windows', () => {
  it.each(['%PATH%', 'a=100%', '%CD:~0,1%', '!PATH!', 'say "hi"', 'two\nlines', 'two\rlines'])(
    'is not given %j, which cmd.exe would change',
    (arg) => {
      const error = refusal(batch, ['build', '--build-arg', arg]);
      expect(error?.code).toBe('DOCKER_UNSUITABLE');
      expect(error?.message).toContain('docker.CMD is a batch file, and argument 3');
      expect(error?.message).not.toContain(arg);
      expect(error?.remedy).toContain('docker.exe');
    },
  );

  it.each(['C:\\tools\\docker.bat', 'C:\\a%b\\docker.cmd'])('is recognised: %s', (program) => {
    expect(refusal(program, ['%A%'])?.code).toBe('DOCKER_UNSUITABLE');
  });

  it('is not run from a folder whose name cmd.exe would change', () => {
    expect(refusal('C:\\%A%\\docker.cmd', ['version'])?.message).toContain('its own path');
  });

  it('is given what arrives as it is', () => {
    expect(refusal(batch, ['build', '-t', 'contoso.azurecr.io/a:1', 'C:\\my app', 'a^b&c'])).toBe(
      undefined,
    );
  });
});

describe('any other program', () => {
  it.each([
    ['C:\\Program Files\\Docker\\docker.exe', 'win32'],
    ['/usr/bin/docker', 'linux'],
    ['/usr/bin/docker.cmd', 'linux'],
    ['/usr/local/bin/docker', 'darwin'],
  ] as const)('is given everything: %s on %s', (program, platform) => {
    expect(refusal(program, ['%PATH%', '"x"', 'a\nb'], platform)).toBe(undefined);
  });
});
