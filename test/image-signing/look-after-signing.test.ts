import { describe, expect, it } from 'vitest';
import { lookAfterSigning } from '../../src/image-signing/sign-tags.js';
import { TrustError, type ErrorCode } from '../../src/errors.js';

function look(code: ErrorCode) {
  const warnings: string[] = [];
  const looking = Promise.reject(
    new TrustError(code, 'the registry said nonsense', { remedy: '' }),
  );
  const log = { warn: (line: string) => void warnings.push(line) };
  return { warnings, result: lookAfterSigning('contoso.azurecr.io/app', looking, log) };
}

describe('a look at the tags after they were signed', () => {
  it.each(['REGISTRY_UNREACHABLE', 'REGISTRY_FAILED', 'DIGEST_MISMATCH'] as const)(
    'does not make the run fail when the answer is of no use: %s',
    async (code) => {
      const { warnings, result } = look(code);
      expect(await result).toBeUndefined();
      expect(warnings).toEqual([
        'The tags of contoso.azurecr.io/app are signed; whether they still point to what was signed could not be checked: the registry said nonsense',
      ]);
    },
  );

  it('ends when the run is stopped', async () => {
    await expect(look('INTERRUPTED').result).rejects.toMatchObject({ code: 'INTERRUPTED' });
  });
});
