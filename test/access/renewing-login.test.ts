import { describe, expect, it } from 'vitest';
import { clouds } from '../../src/azure/index.js';
import { openRenewingLogin } from '../../src/access/renewing-login.js';
import { limits } from '../../src/limits.js';
import { fakeHttp, rejection } from '../registry/fake-http.js';

const loginServer = 'contoso.azurecr.io';

/** A registry that gives out `refresh-1`, `refresh-2` and so on, and a clock to be turned. */
function scenario() {
  let nowMs = Date.parse('2026-01-01T00:00:00Z');
  let isRefusing = false;
  let given = 0;
  const { http, requests } = fakeHttp(() => {
    if (isRefusing) return { status: 401 };
    given += 1;
    return { body: { refresh_token: `refresh-${given}` } };
  });
  const credential = {
    getToken: () => Promise.resolve({ token: 'entra', expiresOnTimestamp: nowMs + 3_600_000 }),
  };
  const secrets = { mask: () => undefined };
  return {
    requests,
    open: () =>
      openRenewingLogin(
        { loginServer, credential, cloud: clouds.AzureCloud, http, secrets },
        () => new Date(nowMs),
      ),
    wait: (ms: number) => {
      nowMs += ms;
    },
    refuse: (refuses: boolean) => {
      isRefusing = refuses;
    },
  };
}

describe('a login of the run itself', () => {
  it('is made at once, and kept while it is young', async () => {
    const { open, requests, wait } = scenario();
    const login = await open();
    expect(requests).toHaveLength(1);
    wait(limits.registryLoginMs);
    expect(await login.dockerLogin()).toEqual({
      username: '00000000-0000-0000-0000-000000000000',
      password: 'refresh-1',
      expiresAt: new Date(Date.parse('2026-01-01T03:00:00Z')),
    });
    expect(requests).toHaveLength(1);
  });

  it('is made anew when it has aged, once for all who ask', async () => {
    const { open, requests, wait } = scenario();
    const { dockerLogin, credential } = await open();
    wait(limits.registryLoginMs + 1);
    const token = credential.kind === 'refresh-token' ? credential.token : '';
    const both = await Promise.all([dockerLogin(), typeof token === 'string' ? token : token()]);
    expect(both).toEqual([expect.objectContaining({ password: 'refresh-2' }), 'refresh-2']);
    expect(requests).toHaveLength(2);
  });

  it('is tried again after a renewal that failed', async () => {
    const { open, wait, refuse } = scenario();
    const { dockerLogin } = await open();
    wait(limits.registryLoginMs + 1);
    refuse(true);
    expect((await rejection(dockerLogin())).code).toBe('REGISTRY_LOGIN_REFUSED');
    refuse(false);
    expect((await dockerLogin()).password).toBe('refresh-2');
  });
});
