/**
 * An `az` that answers from the emulated Azure what scripts of `setup` ask, as the person who has logged
 * in. Its words are not judged here: the tests of `setup` hold them against the real az.
 */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { chmod, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { StackClient, TestRegistry } from '../../stack/index.js';
import { connectionVariables } from '../identity/service-connection.js';

/** A command line, and the text of the file that it names with `@`. */
interface Question {
  readonly words: readonly string[];
  readonly content: string;
}

export interface Person {
  readonly clientId: string;
  readonly objectId: string;
  readonly tenantId: string;
  readonly clientSecret: string;
}

const program = `
const words = process.argv.slice(2);
const at = words.find((word) => word.startsWith('@'));
const content = at ? require('node:fs').readFileSync(at.slice(1), 'utf8') : '';
const ask = async () => {
  const body = JSON.stringify({ words, content });
  const request = require('node:http').request(process.env.AZ_ANSWERS, { method: 'POST' });
  request.end(body);
  const [response] = await require('node:events').once(request, 'response');
  let text = '';
  for await (const part of response) text += part;
  if (response.statusCode !== 200) throw new Error(text);
  return text;
};
const logIn = async ({ tenantId, clientId, clientSecret, resource }) => {
  const form = new URLSearchParams({
    grant_type: 'client_credentials', client_id: clientId, client_secret: clientSecret,
    scope: resource.replace(/\\/$/, '') + '/.default',
  });
  const url = 'https://login.microsoftonline.com/' + tenantId + '/oauth2/v2.0/token';
  const answer = await (await fetch(url, { method: 'POST', body: form })).json();
  return JSON.stringify({
    accessToken: answer.access_token, tokenType: 'Bearer',
    expires_on: Math.floor(Date.now() / 1000) + answer.expires_in,
    expiresOn: new Date(Date.now() + answer.expires_in * 1000).toISOString(),
  });
};
ask()
  .then((text) => (words[1] === 'get-access-token' ? logIn(JSON.parse(text)) : text))
  .then((text) => process.stdout.write(text === '' ? '' : text + '\\n'))
  .catch((error) => { console.error(String(error)); process.exitCode = 1; });
`;

/** Writes the program into `folder`, and answers it. */
export async function createAzureCli(
  stack: StackClient,
  registry: TestRegistry,
  person: Person,
  folder: string,
) {
  const server = createServer((request, response) => {
    void (async () => {
      let body = '';
      for await (const part of request) body += String(part);
      try {
        response.end(await answer(JSON.parse(body) as Question));
      } catch (error) {
        response.writeHead(500).end(String(error));
      }
    })();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const script = path.join(folder, 'az.cjs');
  await writeFile(script, program);
  const node = stack.info.tools.node['24'];
  await writeFile(
    path.join(folder, 'az'),
    `#!/bin/sh\nexport NODE_USE_ENV_PROXY=1\nexec ${node} ${script} "$@"\n`,
  );
  await chmod(path.join(folder, 'az'), 0o755);

  const group = registry.id.split('/')[4] ?? '';
  let client: string | undefined;
  let pipeline: Person | undefined;
  const vaults = new Map<string, string>();
  let connection: Awaited<ReturnType<typeof stack.azure.createServiceConnection>> | undefined;

  async function answer({ words, content }: Question): Promise<string> {
    const of = (flag: string): string => words[words.indexOf(flag) + 1] ?? '';
    const all = words.filter((word) => !word.startsWith('-')).join(' ');
    const is = (command: string): boolean => `${all} `.startsWith(`${command} `);
    if (is('login')) return '[]';
    if (is('account get-access-token')) {
      return JSON.stringify({ ...person, resource: of('--resource') });
    }
    if (is('account show')) {
      return of('--query') === 'id' ? (registry.id.split('/')[2] ?? '') : person.tenantId;
    }
    if (is('acr list')) return registry.id;
    if (is('resource show')) return of('--query') === 'location' ? 'westeurope' : group;
    if (is('ad signed-in-user show')) return person.objectId;
    if (is('ad app list')) return client ?? '';
    if (is('ad app create')) {
      pipeline = await stack.azure.createServicePrincipal();
      return (client = pipeline.clientId);
    }
    if (is('ad sp list')) return '';
    if (is('ad sp create')) return pipeline?.objectId ?? '';
    if (is('ad app federated-credential list')) return '';
    if (is('ad app federated-credential create')) {
      const { issuer, subject, audiences } = JSON.parse(content) as {
        readonly issuer: string;
        readonly subject: string;
        readonly audiences: readonly string[];
      };
      const audience = audiences[0] ?? '';
      await stack.azure.addFederatedCredential(of('--id'), { issuer, subject, audience });
      return '';
    }
    if (is('rest') && of('--method') === 'post') {
      const { name } = JSON.parse(content) as { readonly name: string };
      connection = await stack.azure.createServiceConnection({ name: `contoso/shop/${name}` });
      return '';
    }
    if (is('rest')) {
      if (of('--url').endsWith('/projects')) return 'project';
      if (of('--query').endsWith('FederationIssuer')) return connection?.issuer ?? '';
      if (of('--query').endsWith('FederationSubject')) return connection?.subject ?? '';
      return '';
    }
    if (is('keyvault list')) return vaults.get(/'(.*)'/.exec(of('--query'))?.[1] ?? '') ?? '';
    if (is('keyvault create')) {
      const { id } = await stack.azure.createVault({ name: of('--name'), sku: 'standard' });
      vaults.set(of('--name'), id);
      return id;
    }
    if (is('keyvault show')) return 'true';
    if (is('keyvault update') || is('keyvault key list')) return '';
    if (is('keyvault key create')) {
      await stack.azure.createKey({ vault: of('--vault-name'), name: of('--name'), kty: 'EC' });
      return '';
    }
    if (is('role assignment create')) {
      const principalId = words.includes('--assignee')
        ? of('--assignee')
        : of('--assignee-object-id');
      await stack.azure.assignRole({ principalId, role: of('--role'), scope: of('--scope') });
      return '';
    }
    throw new Error(`nobody told this az what to say to "${words.join(' ')}"`);
  }

  return {
    env: { AZ_ANSWERS: `http://127.0.0.1:${(server.address() as AddressInfo).port}/` },
    /** What an agent gets of the service connection that the script has made. */
    connection: () =>
      connection && {
        id: connection.id,
        env: {
          ...connectionVariables(
            { clientId: client ?? '', tenantId: person.tenantId },
            connection.id,
            'WorkloadIdentityFederation',
            {},
          ),
          ENDPOINT_AUTH_SCHEME_SYSTEMVSSCONNECTION: 'OAuth',
          ENDPOINT_AUTH_PARAMETER_SYSTEMVSSCONNECTION_ACCESSTOKEN: connection.accessToken,
          SYSTEM_OIDCREQUESTURI: connection.oidcRequestUri,
        },
      },
    close: () => server.close(),
  };
}
