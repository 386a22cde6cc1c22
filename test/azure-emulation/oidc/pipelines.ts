/**
 * Azure Pipelines' OIDC endpoint: a job's access token buys a token with the subject of a service
 * connection the job may use.
 */
import { bearerOf } from '../core/call.js';
import type { Answer, Service } from '../core/call.js';
import { guid, secretText } from '../core/ids.js';
import type { OidcIssuers } from './issuers.js';

/** Host of the endpoint. */
export const pipelinesHost = 'dev.azure.com';

const audience = 'api://AzureADTokenExchange';
const tokenSeconds = 600;

/** A service connection with workload identity federation. */
export interface ServiceConnection {
  readonly id: string;
  readonly oidcRequestUri: string;
  /** The job's System.AccessToken. */
  readonly accessToken: string;
  /** What the federated credential must name. */
  readonly issuer: string;
  readonly subject: string;
  readonly audience: string;
}

/** The service connections the endpoint knows. */
export interface ServiceConnections {
  /** `name` is `<organisation>/<project>/<connection>`. */
  add(name: string): ServiceConnection;
  list(): readonly ServiceConnection[];
}

/** Makes an empty set; each connection's organisation becomes an issuer. */
export function createServiceConnections(issuers: OidcIssuers): ServiceConnections {
  const connections: ServiceConnection[] = [];
  const organisations = new Map<string, string>();
  return {
    add: (name) => {
      const [organisation = '', project = ''] = name.split('/');
      const id = organisations.get(organisation) ?? guid();
      organisations.set(organisation, id);
      const issuer = `https://vstoken.dev.azure.com/${id}`;
      issuers.addOwn(issuer);
      const plan = `_apis/distributedtask/hubs/build/plans/${guid()}/jobs/${guid()}/oidctoken`;
      const connection = {
        id: guid(),
        oidcRequestUri: `https://${pipelinesHost}/${organisation}/${project}/${plan}`,
        accessToken: secretText(),
        issuer,
        subject: `sc://${name}`,
        audience,
      };
      connections.push(connection);
      return connection;
    },
    list: () => connections,
  };
}

/** The service behind dev.azure.com. */
export function pipelinesService(connections: ServiceConnections, issuers: OidcIssuers): Service {
  return async (call): Promise<Answer> => {
    const job = connections
      .list()
      .filter(({ oidcRequestUri }) => oidcRequestUri === `https://${call.host}${call.path}`);
    const token = bearerOf(call);
    const mine = job.filter(({ accessToken }) => accessToken === token);
    if (mine.length === 0) {
      // Without the header the real service redirects an unknown caller to its sign-in page.
      return call.headers['x-tfs-fedauthredirect']?.toString().toLowerCase() === 'suppress'
        ? { status: 401, body: { message: 'the access token is refused' } }
        : {
            status: 302,
            headers: { location: 'https://spsprodeus1.vssps.visualstudio.com/_signin' },
          };
    }
    if (call.method !== 'POST') return { status: 405 };
    if (!call.query.get('api-version')) {
      return { status: 400, body: { message: 'the query lacks api-version' } };
    }
    const id = call.query.get('serviceConnectionId');
    const connection = mine.find((c) => c.id === id);
    if (connection === undefined) {
      return { status: 404, body: { message: `no service connection ${id ?? ''} for this job` } };
    }
    call.caller = connection.subject;
    return { status: 200, body: { oidcToken: await issuers.issue(connection, tokenSeconds) } };
  };
}
