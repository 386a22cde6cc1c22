/**
 * The tenants of the emulated Entra ID and the applications in them. Owns the records; it checks
 * no credential and answers no request.
 */
import { X509Certificate } from 'node:crypto';
import type { KeyObject } from 'node:crypto';

import { clouds } from '../core/clouds.js';
import type { Cloud, CloudName } from '../core/clouds.js';
import { guid } from '../core/ids.js';

/** A tenant, known by its id or its domain. */
export interface Tenant {
  readonly id: string;
  readonly domain: string;
  readonly cloud: Cloud;
}

/** A secret of an application. */
export interface ClientSecret {
  readonly id: string;
  readonly value: string;
  /** Seconds since 1970. */
  expiresAt: number;
}

/** A certificate registered for an application. */
export interface ClientCertificate {
  readonly publicKey: KeyObject;
  /** SHA-256 over the certificate, base64url: the `x5t#S256` of an assertion. */
  readonly thumbprint: string;
}

/** A trust in tokens of another issuer. */
export interface FederatedCredential {
  readonly issuer: string;
  readonly subject: string;
  readonly audience: string;
}

/** An application with its service principal. */
export interface Application {
  readonly tenantId: string;
  readonly clientId: string;
  readonly objectId: string;
  readonly secrets: ClientSecret[];
  readonly certificates: ClientCertificate[];
  readonly federated: FederatedCredential[];
  enabled: boolean;
}

/** All tenants and applications. */
export interface Directory {
  addTenant(cloud: CloudName, domain?: string): Tenant;
  addApplication(tenantId: string): Application;
  /** The tenant with this id or domain. */
  tenant(idOrDomain: string): Tenant | undefined;
  application(clientId: string): Application | undefined;
}

/** Makes a directory without tenants. */
export function createDirectory(): Directory {
  const tenants: Tenant[] = [];
  const applications = new Map<string, Application>();
  return {
    addTenant: (cloud, domain) => {
      const id = guid();
      const tenant = {
        id,
        domain: domain ?? `t${id.slice(0, 8)}.onmicrosoft.com`,
        cloud: clouds[cloud],
      };
      tenants.push(tenant);
      return tenant;
    },
    addApplication: (tenantId) => {
      const application: Application = {
        tenantId,
        clientId: guid(),
        objectId: guid(),
        secrets: [],
        certificates: [],
        federated: [],
        enabled: true,
      };
      applications.set(application.clientId, application);
      return application;
    },
    tenant: (idOrDomain) => {
      const wanted = idOrDomain.toLowerCase();
      return tenants.find(({ id, domain }) => id === wanted || domain === wanted);
    },
    application: (clientId) => applications.get(clientId.toLowerCase()),
  };
}

/** Reads a PEM certificate (the first one of a file that holds more, keys skipped). */
export function clientCertificate(pemText: string): ClientCertificate {
  const block = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/.exec(pemText)?.[0];
  if (block === undefined) throw new Error('there is no certificate in this PEM text');
  const certificate = new X509Certificate(block);
  const hex = certificate.fingerprint256.replaceAll(':', '');
  return {
    publicKey: certificate.publicKey,
    thumbprint: Buffer.from(hex, 'hex').toString('base64url'),
  };
}
