/**
 * An `az` that answers from the emulated Azure what scripts of `setup` ask, as the person who has logged
 * in. Its words are not judged here: the tests of `setup` hold them against the real az.
 */
import { createServer, type AddressInfo } from 'node:net';
import { chmod, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { run, type StackClient, type TestRegistry } from '../../stack/index.js';
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

/** In bash, as it starts some thirty times: sends its words, prints the answer. */
const program = String.raw`#!/usr/bin/env bash
set -u
content=''
for word in "$@"; do
  case "$word" in @/*) content="$(cat "\${word#@}")" ;; esac
done
exec 3<> "/dev/tcp/127.0.0.1/$AZ_PORT"
{ printf '%s\x1f' "$@"; printf '\x1e%s\x04' "$content"; } >&3
IFS= read -r status <&3
[ "$status" = 0 ] || { cat <&3 >&2; exit 1; }
cat <&3
`.replaceAll('\\${', '${');

const logIn = `
const [tenant, id, secret, resource] = process.argv.slice(1);
const form = new URLSearchParams({
  grant_type: 'client_credentials', client_id: id, client_secret: secret,
  scope: resource.replace(/\\/$/, '') + '/.default',
});
const url = 'https://login.microsoftonline.com/' + tenant + '/oauth2/v2.0/token';
const answer = await (await fetch(url, { method: 'POST', body: form })).json();
const until = Date.now() + answer.expires_in * 1000;
console.log(JSON.stringify({
  accessToken: answer.access_token, tokenType: 'Bearer',
  expires_on: Math.floor(until / 1000), expiresOn: new Date(until).toISOString(),
}));
`;

/** Writes the program into `folder`, and answers it. */
export async function createAzureCli(
  stack: StackClient,
  registry: TestRegistry,
  person: Person,
  folder: string,
) {
  const server = createServer((socket) => {
    let text = '';
    socket.setEncoding('utf8').on('data', (part: string) => {
      text += part;
      if (!text.endsWith('\x04')) return;
      const [words = '', content = ''] = text.slice(0, -1).split('\x1e');
      answer({ words: words.split('\x1f').slice(0, -1), content }).then(
        (said) => socket.end(said === '' ? '0\n' : `0\n${said}\n`),
        (error: unknown) => socket.end(`1\n${String(error)}\n`),
      );
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  await writeFile(path.join(folder, 'az'), program);
  await chmod(path.join(folder, 'az'), 0o755);

  const group = registry.id.split('/')[4] ?? '';
  let client: string | undefined;
  let pipeline: Person | undefined;
  const vaults = new Map<string, string>();
  let connection: Awaited<ReturnType<typeof stack.azure.createServiceConnection>> | undefined;

  async function tokenFor(resource: string): Promise<string> {
    const { tenantId, clientId, clientSecret } = person;
    const result = await run(
      stack.info.tools.node['24'],
      ['--input-type=module', '-e', logIn, tenantId, clientId, clientSecret, resource],
      { env: { ...stack.info.env, NODE_USE_ENV_PROXY: '1' } },
    );
    if (result.exitCode !== 0) throw new Error(result.output);
    return result.stdout.trim();
  }

  async function answer({ words, content }: Question): Promise<string> {
    const of = (flag: string): string => words[words.indexOf(flag) + 1] ?? '';
    const all = words.filter((word) => !word.startsWith('-')).join(' ');
    const is = (command: string): boolean => `${all} `.startsWith(`${command} `);
    if (is('login')) return '[]';
    if (is('account get-access-token')) return tokenFor(of('--resource'));
    if (is('account show')) {
      return of('--query') === 'id' ? (registry.id.split('/')[2] ?? '') : person.tenantId;
    }
    if (is('acr list')) return registry.id;
    if (is('resource show')) {
      if (of('--query').includes('roleAssignmentMode')) return 'false';
      return of('--query') === 'location' ? 'westeurope' : group;
    }
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
    env: { AZ_PORT: String((server.address() as AddressInfo).port) },
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
