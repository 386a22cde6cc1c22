/** Who can be asked whether a certificate is revoked, as the certificate says. */
import { AsnConvert } from '@peculiar/asn1-schema';
import {
  AuthorityInfoAccessSyntax,
  CRLDistributionPoints,
  id_ce_cRLDistributionPoints,
  id_pe_authorityInfoAccess,
  type DistributionPointName,
  type GeneralName,
} from '@peculiar/asn1-x509';
import { limits } from '../../limits.js';
import type { Certificate, Extensions } from '../certificates/index.js';
import { readOrRefuse, RuleError } from '../rule-error.js';

/** Addresses of both kinds. */
export interface RevocationAddresses {
  /** OCSP responders, any of which knows. */
  readonly ocsp: readonly string[];
  /** CRLs, all of which have to be looked at. */
  readonly crl: readonly string[];
}

const ocspMethod = '1.3.6.1.5.5.7.48.1';

/** @throws {RuleError} where a certificate names too many, or what cannot be read. */
export function revocationAddresses({ extensions }: Certificate): RevocationAddresses {
  return readOrRefuse('its addresses for revocation cannot be read', () => {
    const access = extensions.get(id_pe_authorityInfoAccess);
    const responders = access
      ? [...AsnConvert.parse(access.read(), AuthorityInfoAccessSyntax)]
      : [];
    const ocsp = addressesOf(
      responders
        .filter(({ accessMethod }) => accessMethod === ocspMethod)
        .map(({ accessLocation }) => accessLocation),
    );
    const crl = crlAddresses(extensions, id_ce_cRLDistributionPoints);
    if (Math.max(ocsp.length, crl.length) <= limits.revocationAddresses) return { ocsp, crl };
    throw new RuleError(
      `it names more than the ${limits.revocationAddresses} addresses for revocation allowed`,
    );
  });
}

/**
 * The addresses of all distribution points in the extension `id`. The names of one point are of one
 * list (RFC 5280, 4.2.1.13): those for LDAP are left out where there are others.
 */
export function crlAddresses(extensions: Extensions, id: string): readonly string[] {
  const points = extensions.get(id);
  if (!points) return [];
  return [...AsnConvert.parse(points.read(), CRLDistributionPoints)].flatMap(
    ({ distributionPoint }) => {
      const addresses = namesOf(distributionPoint);
      const askable = addresses.filter(isAskable);
      return askable.length > 0 ? askable : addresses;
    },
  );
}

/** The addresses among the names of one distribution point. */
export function namesOf(point: DistributionPointName | undefined): readonly string[] {
  return addressesOf(point?.fullName ?? []);
}

function addressesOf(names: readonly GeneralName[]): readonly string[] {
  return names.flatMap(({ uniformResourceIdentifier }) => uniformResourceIdentifier ?? []);
}

/** @throws {RuleError} for what is not plain http: answers are signed, and TLS would need them. */
export function requireAskable(address: string): void {
  if (!isAskable(address)) throw new RuleError('only http addresses can be asked');
}

function isAskable(address: string): boolean {
  if (!URL.canParse(address)) return false;
  const { protocol, username, password } = new URL(address);
  return protocol === 'http:' && username === '' && password === '';
}
