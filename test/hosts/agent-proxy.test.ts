import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, afterEach, describe, expect, it } from 'vitest';

// task-lib writes a key file into this folder as soon as it is loaded.
const temp = mkdtempSync(path.join(tmpdir(), 'agent-proxy-'));
process.env.AGENT_TEMPDIRECTORY = temp;
const { useAgentProxy } = await import('../../src/hosts/pipelines/agent-proxy.js');

afterAll(() => {
  rmSync(temp, { recursive: true });
});

const agent = [
  'AGENT_PROXYURL',
  'AGENT_PROXYUSERNAME',
  'AGENT_PROXYPASSWORD',
  'AGENT_PROXYBYPASSLIST',
];

/** task-lib reads these from the process. */
function configure(...values: readonly string[]): void {
  agent.forEach((name, index) => {
    const value = values[index];
    if (value !== undefined) process.env[name] = value;
  });
}

afterEach(() => {
  for (const name of agent) Reflect.deleteProperty(process.env, name);
});

describe('the proxy of an Azure Pipelines agent', () => {
  it('becomes HTTPS_PROXY, with its credentials encoded', () => {
    configure('http://proxy.contoso.com:8080', 'build', 'p@ss/word');
    const environment: Record<string, string | undefined> = {};
    useAgentProxy(environment);
    expect(environment).toEqual({
      HTTPS_PROXY: 'http://build:p%40ss%2Fword@proxy.contoso.com:8080/',
    });
  });

  it('leaves out the hosts of its bypass list that are plain names', () => {
    configure('http://proxy:8080', '', '', '["contoso\\\\.azurecr\\\\.io","^https://10\\\\..*"]');
    const environment: Record<string, string | undefined> = {};
    useAgentProxy(environment);
    expect(environment.NO_PROXY).toBe('contoso.azurecr.io');
  });

  it.each(['nope', '{"a":1}', '[1,null]', '5'])(
    'does without a bypass list that is none: %s',
    (list) => {
      configure('http://proxy:8080', '', '', list);
      const environment: Record<string, string | undefined> = {};
      useAgentProxy(environment);
      expect(environment).toEqual({ HTTPS_PROXY: 'http://proxy:8080/' });
    },
  );

  it('that makes no sense is handed on to whoever refuses it', () => {
    configure('::::', 'build');
    const environment: Record<string, string | undefined> = {};
    useAgentProxy(environment);
    expect(environment).toEqual({ HTTPS_PROXY: '::::' });
  });

  it('does not replace a proxy that the job has set itself', () => {
    configure('http://proxy:8080');
    const environment = { https_proxy: 'http://own:3128' };
    useAgentProxy(environment);
    expect(environment).toEqual({ https_proxy: 'http://own:3128' });
  });

  it('is not needed', () => {
    const environment = {};
    useAgentProxy(environment);
    expect(environment).toEqual({});
  });
});
