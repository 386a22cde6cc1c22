/** Images of a registry that serves anyone are read without a login, and nobody is signed in for them. */
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { HttpRequest } from '../../src/http/index.js';
import {
  host,
  reply,
  startRegistryScenario,
  type RegistryScenario,
} from '../commands/support/registry-scenario.js';

const repository = 'team/app';
let scenario: RegistryScenario;
let withoutLogins: string;

beforeAll(async () => {
  scenario = await startRegistryScenario();
  scenario.push(repository, ['1']);
  const signed = await scenario.run('sign', { registry: host, repository, tags: '1' });
  expect(signed.failure).toBeUndefined();
  withoutLogins = path.join(scenario.folder, 'no-logins');
  await mkdir(withoutLogins);
  await writeFile(path.join(withoutLogins, 'config.json'), '{}');
});
afterAll(() => scenario.close());

/** Verifies as somebody of whom Docker knows no login, and tells what the registry was asked. */
async function verify(login: 'azure' | 'existing', refused = false) {
  const asked: HttpRequest[] = [];
  scenario.answerWith((request) => {
    asked.push(request);
    const isToken = new URL(request.url).pathname === '/oauth2/token';
    return refused && isToken ? Promise.resolve(reply(401, '{"errors":[]}')) : undefined;
  });
  const inputs = { registry: host, repository, tags: '1', 'registry-login': login };
  const none = { 'signing-key': '', 'root-key': '' };
  const ran = await scenario.run(
    'verify',
    { ...inputs, ...none },
    {
      host: (usual) => ({ environment: { ...usual.environment, DOCKER_CONFIG: withoutLogins } }),
    },
  );
  return { ran, asked };
}

describe('a registry that serves anyone', () => {
  it.each(['azure', 'existing'] as const)('is read without a login (%s)', async (login) => {
    const { ran, asked } = await verify(login);
    expect(ran.failure).toBeUndefined();
    expect(ran.lines.join('\n')).toContain(`${host}  without a login`);
    const authorizations = asked.map(({ headers = {} }) => headers.Authorization ?? '');
    expect(authorizations.filter((value) => value.startsWith('Basic'))).toEqual([]);
    expect(asked.map(({ url }) => new URL(url).pathname)).not.toContain('/oauth2/exchange');
  });
});

describe('a registry that does not', () => {
  it('refuses who has no login', async () => {
    const { ran } = await verify('existing', true);
    expect(ran.failure?.code).toBe('REGISTRY_LOGIN_REFUSED');
  });
});
