/** The identity of the pipeline: its application, and the tokens of another issuer that stand for it. */
import { clouds } from '../azure/index.js';
import type { Federation, SetupRequest } from './request.js';
import {
  az,
  contentOf,
  text,
  variable,
  type Section,
  type Statement,
  type Word,
  set,
  capture,
  ifEmpty,
  requireOne,
  write,
  run,
  remark,
} from './script.js';

/** The issuer of the tokens of workflows on github.com. */
export const githubIssuer = 'https://token.actions.githubusercontent.com';

const audience = 'api://AzureADTokenExchange';

/** Azure DevOps, as Entra ID knows it. */
const devOpsResource = '499b84ac-1321-427f-aa17-267ca6975798';

/** Application, service principal, service connection and federated credentials. */
export function federationSections(request: SetupRequest): readonly Section[] {
  const { pipeline, host } = request;
  const place = host.kind === 'azure-pipelines' ? host.place : undefined;
  const federations: readonly { readonly issuer: Word; readonly subject: Word }[] = place
    ? [{ issuer: variable('federation_issuer'), subject: variable('federation_subject') }]
    : host.federations;
  return [
    applicationSection(request),
    principalSection('name' in pipeline, request.pipelineObjectId),
    ...(place ? [connectionSection(request, place)] : []),
    ...federations.map((one, index) => credentialSection(one, index, request)),
  ];
}

function applicationSection({ pipeline }: SetupRequest): Section {
  if ('clientId' in pipeline) {
    return {
      title: 'The application of the pipeline.',
      provides: ['client_id'],
      statements: [set('client_id', pipeline.clientId)],
    };
  }
  const { name } = pipeline;
  return {
    title: `The application of the pipeline: ${name}.`,
    statements: [
      capture(
        'client_id',
        az('ad app list', {
          filter: `displayName eq '${name}'`,
          query: '[].appId',
          output: 'tsv',
        }),
      ),
      {
        kind: 'require one',
        variable: 'client_id',
        several: `Several applications are called ${name}. Name the one of the pipeline by its client ID.`,
      },
      ifEmpty('client_id', [
        capture(
          'client_id',
          az('ad app create', {
            'display-name': name,
            'sign-in-audience': 'AzureADMyOrg',
            query: 'appId',
            output: 'tsv',
          }),
        ),
      ]),
    ],
  };
}

function principalSection(isNew: boolean, objectId: string | undefined): Section {
  const title = 'The service principal of the application.';
  if (objectId !== undefined) {
    return {
      title,
      provides: ['pipeline_id'],
      statements: [set('pipeline_id', objectId)],
    };
  }
  return {
    title,
    // The principal of an application that is there is only looked up, for its roles.
    ...(!isNew && { provides: ['pipeline_id'] }),
    statements: [
      capture(
        'pipeline_id',
        az('ad sp list', {
          filter: text`appId eq '${variable('client_id')}'`,
          query: '[].id',
          output: 'tsv',
        }),
      ),
      ifEmpty('pipeline_id', [
        capture(
          'pipeline_id',
          az('ad sp create', {
            id: variable('client_id'),
            query: 'id',
            output: 'tsv',
          }),
        ),
      ]),
    ],
  };
}

function connectionSection(
  { host, cloud }: SetupRequest,
  { organization, project }: { readonly organization: string; readonly project: string },
): Section {
  if (host.kind !== 'azure-pipelines') throw new TypeError('invariant violated: no connection');
  const { serviceConnection: name } = host;
  const base = `https://dev.azure.com/${organization}`;
  const endpoints = text`${base}/${variable('project_id')}/_apis/serviceendpoint/endpoints`;
  const resource = devOpsResource;
  const find = (statement: string, query: string, none?: string): readonly Statement[] => [
    capture(
      statement,
      az(
        'rest',
        { method: 'get', url: endpoints, resource, query, output: 'tsv' },
        '--url-parameters',
        `endpointNames=${name}`,
        'api-version=7.1',
      ),
    ),
    ...(none === undefined ? [] : [requireOne(statement, none)]),
  ];
  const parameters = 'value[].authorization.parameters';
  return {
    title: `The service connection ${name} of ${organization}/${project}.`,
    statements: [
      capture(
        'project_id',
        az(
          'rest',
          {
            method: 'get',
            url: `${base}/_apis/projects`,
            resource,
            query: `value[?name=='${project}'].id`,
            output: 'tsv',
          },
          '--url-parameters',
          'api-version=7.1',
          '$top=1000',
        ),
      ),
      requireOne(
        'project_id',
        `There is no project ${project} in ${organization} that you can see.`,
      ),
      ...find('connection_id', 'value[].id'),
      ifEmpty('connection_id', [
        write('service-connection.json', connectionBody(name, cloud)),
        run(
          az(
            'rest',
            {
              method: 'post',
              url: `${base}/_apis/serviceendpoint/endpoints`,
              resource,
              body: contentOf('service-connection.json'),
              output: 'none',
            },
            '--url-parameters',
            'api-version=7.1',
          ),
        ),
      ]),
      ...find(
        'federation_issuer',
        `${parameters}.workloadIdentityFederationIssuer`,
        `The service connection ${name} is not of the kind "workload identity federation".`,
      ),
      ...find(
        'federation_subject',
        `${parameters}.workloadIdentityFederationSubject`,
        `The service connection ${name} has no federation subject.`,
      ),
    ],
  };
}

/** What Azure DevOps makes a connection from; pipelines ask before they may use it. */
function connectionBody(name: string, cloud: SetupRequest['cloud']): Word {
  return text`{
  "name": "${name}",
  "type": "azurerm",
  "url": "${clouds[cloud].armEndpoint}/",
  "owner": "library",
  "isShared": false,
  "authorization": {
    "scheme": "WorkloadIdentityFederation",
    "parameters": {
      "tenantid": "${variable('tenant_id')}",
      "serviceprincipalid": "${variable('client_id')}"
    }
  },
  "data": {
    "environment": "${cloud}",
    "scopeLevel": "Subscription",
    "creationMode": "Manual",
    "subscriptionId": "${variable('subscription_id')}",
    "subscriptionName": "${variable('subscription_id')}"
  },
  "serviceEndpointProjectReferences": [
    { "name": "${name}", "projectReference": { "id": "${variable('project_id')}" } }
  ]
}
`;
}

function credentialSection(
  { issuer, subject }: Readonly<Record<keyof Federation, Word>>,
  index: number,
  { pipeline, host }: SetupRequest,
): Section {
  const found = `credential_${index + 1}`;
  const shown = typeof subject === 'string' ? subject : 'the service connection';
  const of = typeof subject === 'string' ? subject : connectionOf(host);
  const body = text`{
  "name": "${credentialName(of)}",
  "issuer": "${issuer}",
  "subject": "${subject}",
  "audiences": ["${audience}"]
}
`;
  return {
    title: `The application trusts the tokens of ${shown}.`,
    statements: [
      ...('clientId' in pipeline ? [remark('Whether it does already could not be seen.')] : []),
      capture(
        found,
        az('ad app federated-credential list', {
          id: variable('client_id'),
          query: text`[?subject=='${subject}'].name`,
          output: 'tsv',
        }),
      ),
      ifEmpty(found, [
        write('federated-credential.json', body),
        run(
          az('ad app federated-credential create', {
            id: variable('client_id'),
            parameters: contentOf('federated-credential.json'),
            output: 'none',
          }),
        ),
      ]),
    ],
  };
}

function connectionOf(host: SetupRequest['host']): string {
  return host.kind === 'azure-pipelines' ? host.serviceConnection : '';
}

/** Entra ID's limit for names of credentials. */
const longestName = 120;

/** The same for the same tokens, and different for others. */
function credentialName(of: string): string {
  const plain = of.replace(/[^a-z0-9]+/gi, '-').replace(/^-|-$/g, '');
  return `acr-content-trust-${plain}`.slice(0, longestName);
}
