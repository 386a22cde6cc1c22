/** Control of the OIDC issuers: GitHub jobs, service connections, and issuers of one's own. */
import type { JSONWebKeySet } from 'jose';

import type { EmulatorParts } from '../parts.js';

/** The calls; all arguments and results are JSON. */
export function oidcControl({ entra, gitHubJobs, serviceConnections }: EmulatorParts) {
  return {
    /** Makes a GitHub job: what its runner would find in the environment. */
    createGitHubOidc: (options: { readonly subject: string; readonly repository?: string }) =>
      Promise.resolve(
        gitHubJobs.add({
          subject: options.subject,
          repository: options.repository ?? options.subject.split(':')[1] ?? 'octo/demo',
        }),
      ),

    /** Makes a service connection, trusted by `clientId` when given. */
    createServiceConnection: (options: {
      /** `<organisation>/<project>/<connection>`. */
      readonly name: string;
      readonly clientId?: string;
    }) => {
      const connection = serviceConnections.add(options.name);
      const { issuer, subject, audience } = connection;
      if (options.clientId !== undefined) {
        const application = entra.directory.application(options.clientId);
        if (application === undefined) throw new Error(`no application ${options.clientId}`);
        application.federated.push({ issuer, subject, audience });
      }
      return Promise.resolve({ ...connection });
    },

    /** Issues a federated token, as a cluster puts it into AZURE_FEDERATED_TOKEN_FILE. */
    issueFederatedToken: async (options: {
      readonly issuer: string;
      readonly subject: string;
      /** Default: api://AzureADTokenExchange. */
      readonly audience?: string;
      readonly lifetimeSeconds?: number;
    }) => {
      const { issuer, subject, audience = 'api://AzureADTokenExchange' } = options;
      entra.issuers.addOwn(issuer);
      const lifetime = options.lifetimeSeconds ?? 3600;
      return { token: await entra.issuers.issue({ issuer, subject, audience }, lifetime) };
    },

    /** Makes an issuer known that signs its tokens elsewhere. */
    addIssuer: (issuer: string, keys: JSONWebKeySet) => {
      entra.issuers.addForeign(issuer, keys);
      return Promise.resolve();
    },
  };
}
