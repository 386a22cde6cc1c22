import { describe, expect, it } from 'vitest';

import { TrustError } from '../../src/errors.js';
import { checkNetworkEnvironment } from '../../src/http/index.js';
import type { ProxyEnvironment } from '../../src/http/index.js';

function refusal(environment: ProxyEnvironment): TrustError | undefined {
  try {
    checkNetworkEnvironment(environment);
    return undefined;
  } catch (error) {
    if (error instanceof TrustError) return error;
    throw error;
  }
}

describe('the environment of a run', () => {
  it('is refused when it switches the checking of certificates off, with the reason', () => {
    const error = refusal({ NODE_TLS_REJECT_UNAUTHORIZED: '0' });
    expect(error?.code).toBe('INPUT_INVALID');
    expect(error?.message).toContain('NODE_TLS_REJECT_UNAUTHORIZED is 0');
    expect(error?.remedy).toContain('NODE_EXTRA_CA_CERTS');
  });

  it.each(['', '1', 'false', '00'])('is accepted where Node checks all the same: %j', (value) => {
    expect(refusal({ NODE_TLS_REJECT_UNAUTHORIZED: value })).toBeUndefined();
  });

  it('is refused with a proxy that cannot be used', () => {
    expect(refusal({ HTTPS_PROXY: '"p:1"' })?.message).toContain('HTTPS_PROXY');
    expect(refusal({ HTTPS_PROXY: 'p:1', NO_PROXY: '*' })).toBeUndefined();
  });
});
