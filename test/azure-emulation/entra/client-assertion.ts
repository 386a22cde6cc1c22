/**
 * Checks the `client_assertion` of a token request: signed with a certificate registered for the
 * application, or issued by someone a federated credential of the application trusts.
 */
import { decodeJwt, decodeProtectedHeader, errors, jwtVerify } from 'jose';

import type { Clock } from '../core/clock.js';
import type { OidcIssuers } from '../oidc/issuers.js';
import type { Application, Tenant } from './directory.js';
import { refuse } from './refusals.js';

/** What checking an assertion needs to know. */
export interface AssertionContext {
  readonly clock: Clock;
  readonly issuers: OidcIssuers;
  readonly tenant: Tenant;
}

/** @throws Refusal when `assertion` does not prove to be `application`. */
export async function checkAssertion(
  assertion: string,
  application: Application,
  context: AssertionContext,
): Promise<void> {
  const heading = readHeading(assertion);
  if (heading === undefined) throw refuse(50027, context.clock.now());
  // Entra tells the two kinds apart by the issuer: the application itself, or someone else.
  if (heading.issuer === application.clientId) {
    await checkCertificateAssertion(assertion, heading.thumbprint, application, context);
  } else {
    await checkFederated(assertion, application, context);
  }
}

async function checkCertificateAssertion(
  assertion: string,
  thumbprint: string | undefined,
  application: Application,
  { clock, tenant }: AssertionContext,
): Promise<void> {
  const registered = application.certificates.find((c) => c.thumbprint === thumbprint);
  if (registered === undefined) {
    throw refuse(700027, clock.now(), 'the certificate is not registered');
  }
  const audiences = tenant.cloud.authorities.flatMap((host) =>
    [tenant.id, tenant.domain].flatMap((id) => [
      `https://${host}/${id}/oauth2/v2.0/token`,
      `https://${host}/${id}/v2.0`,
    ]),
  );
  try {
    await jwtVerify(assertion, registered.publicKey, {
      algorithms: ['PS256', 'RS256'],
      audience: audiences,
      subject: application.clientId,
      currentDate: clock.now(),
      // MSAL rounds the time to whole seconds, so nbf may be half a second ahead.
      clockTolerance: 5,
      requiredClaims: ['exp'],
    });
  } catch (error) {
    if (error instanceof errors.JWTExpired) throw refuse(700024, clock.now());
    if (error instanceof errors.JWTClaimValidationFailed) {
      if (error.claim === 'aud') throw refuse(700023, clock.now());
      if (error.claim === 'sub') throw refuse(700021, clock.now());
      throw refuse(700024, clock.now(), error.claim);
    }
    if (error instanceof errors.JOSEError) throw refuse(700027, clock.now());
    throw error;
  }
}

async function checkFederated(
  assertion: string,
  application: Application,
  { clock, issuers }: AssertionContext,
): Promise<void> {
  const check = await issuers.check(assertion);
  if (!check.ok) {
    switch (check.reason) {
      case 'malformed':
        throw refuse(50027, clock.now());
      case 'expired':
        throw refuse(700024, clock.now());
      case 'unknown issuer':
        throw refuse(700211, clock.now());
      case 'signature':
        throw refuse(700027, clock.now());
    }
  }
  const { issuer, subject, audience } = check.claims;
  const fromIssuer = application.federated.filter((f) => f.issuer === issuer);
  if (fromIssuer.length === 0) throw refuse(700211, clock.now(), issuer);
  const ofSubject = fromIssuer.filter((f) => f.subject === subject);
  if (ofSubject.length === 0) throw refuse(700213, clock.now(), subject);
  if (!ofSubject.some((f) => f.audience === audience)) throw refuse(700212, clock.now(), audience);
}

function readHeading(
  assertion: string,
): { readonly issuer: string | undefined; readonly thumbprint: string | undefined } | undefined {
  try {
    const thumbprint = decodeProtectedHeader(assertion)['x5t#S256'];
    return {
      issuer: decodeJwt(assertion).iss,
      thumbprint: typeof thumbprint === 'string' ? thumbprint : undefined,
    };
  } catch (error) {
    // decodeProtectedHeader reports bad input as TypeError, decodeJwt as a JOSE error.
    if (error instanceof TypeError || error instanceof errors.JOSEError) return undefined;
    throw error;
  }
}
