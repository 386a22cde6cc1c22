/**
 * Asks about all certificates of a chain but its root, side by side: the OCSP responders that a
 * certificate names, and its CRLs where none of them knows. What was found out holds for the run.
 */
import { limits } from '../../limits.js';
import type { Clock } from '../../ports.js';
import type { Certificate } from '../certificates/index.js';
import { displayAddress, exchange, type Exchange } from '../exchange.js';
import { RuleError, ruleOf } from '../rule-error.js';
import type { RevocationCheck, RevocationStatus } from '../verification/revocation.js';
import { requireAskable, revocationAddresses, type RevocationAddresses } from './addresses.js';
import {
  deltaAddresses,
  findingIn,
  readCrl,
  requireComplete,
  requireDelta,
  type Crl,
} from './crl.js';
import { ocspRequest, ocspRequestType, readOcspResponse, type Finding } from './ocsp.js';

/** What a check needs. */
export interface RevocationOptions extends Exchange {
  readonly clock: Clock;
}

interface Question extends RevocationOptions {
  readonly certificate: Certificate;
  readonly issuer: Certificate;
  /** The bytes of a list, which many certificates may share. */
  readonly download: (address: string) => Promise<Buffer>;
}

/** RFC 6960, A.1: a longer request would not fit into all addresses. */
const longestInAddress = 254;

/**
 * Makes the check of one run: it asks once about each certificate.
 * @returns what throws TrustError INTERRUPTED, and otherwise knows or does not know.
 */
export function createRevocationCheck(options: RevocationOptions): RevocationCheck {
  const statuses = new Map<string, Promise<RevocationStatus>>();
  const lists = new Map<string, Promise<Buffer>>();
  const download = (address: string): Promise<Buffer> =>
    remembered(lists, address, async () => {
      requireAskable(address);
      const { body } = await exchange(options, {
        method: 'GET',
        url: address,
        maxBytes: limits.crlBytes,
        timeoutMs: limits.crlMs,
      });
      return body;
    });
  return (chain) =>
    Promise.all(
      chain.slice(0, -1).map((certificate, index) => {
        const issuer = chain[index + 1] ?? certificate;
        return remembered(statuses, `${certificate.thumbprint} ${issuer.thumbprint}`, () =>
          statusOf({ ...options, certificate, issuer, download }),
        );
      }),
    );
}

function remembered<T>(
  known: Map<string, Promise<T>>,
  key: string,
  find: () => Promise<T>,
): Promise<T> {
  const found = known.get(key) ?? find();
  known.set(key, found);
  return found;
}

async function statusOf(question: Question): Promise<RevocationStatus> {
  const { certificate } = question;
  let addresses: RevocationAddresses;
  try {
    addresses = revocationAddresses(certificate);
  } catch (error) {
    return { certificate, status: 'unknown', detail: ruleOf(error) };
  }
  const { ocsp, crl } = addresses;
  if (ocsp.length + crl.length === 0) return { certificate, status: 'none' };
  const failures: string[] = [];
  for (const address of ocsp) {
    const finding = await attempt(address, () => askResponder(question, address));
    if (finding.status !== 'unknown') return { certificate, ...finding };
    failures.push(finding.detail);
    if (finding.isAnswer) break;
  }
  const findings = await Promise.all(
    crl.map((address) => attempt(address, () => askList(question, address, crl))),
  );
  const revoked = findings.find(({ status }) => status === 'revoked');
  if (revoked) return { certificate, ...revoked };
  failures.push(
    ...findings.filter(({ status }) => status === 'unknown').map(({ detail }) => detail),
  );
  const isGood = crl.length > 0 && findings.every(({ status }) => status === 'good');
  if (isGood) return { certificate, status: 'good' };
  return { certificate, status: 'unknown', detail: failures.join('; ') };
}

/** What one address says, named in the detail; what goes wrong there is not known there. */
async function attempt(
  address: string,
  ask: () => Promise<Finding>,
): Promise<Finding & { readonly detail: string; readonly isAnswer: boolean }> {
  const name = displayAddress(address);
  try {
    const { status, detail = 'the responder does not know the certificate' } = await ask();
    return { status, detail: `${name}: ${detail}`, isAnswer: true };
  } catch (error) {
    return { status: 'unknown', detail: `${name}: ${ruleOf(error)}`, isAnswer: false };
  }
}

async function askResponder(question: Question, address: string): Promise<Finding> {
  const { certificate, issuer, clock } = question;
  requireAskable(address);
  const body = ocspRequest(certificate, issuer);
  const encoded = encodeURIComponent(body.toString('base64'));
  const isShort = encoded.length <= longestInAddress;
  const url = new URL(address);
  if (isShort) url.pathname = `${url.pathname.replace(/\/$/, '')}/${encoded}`;
  const bounds = { maxBytes: limits.ocspBytes, timeoutMs: limits.ocspMs };
  const response = await exchange(question, {
    url: url.href,
    ...bounds,
    ...(isShort
      ? { method: 'GET' }
      : { method: 'POST', body, headers: { 'Content-Type': ocspRequestType } }),
  });
  return readOcspResponse(response.body, certificate, issuer, clock());
}

async function askList(
  question: Question,
  address: string,
  addresses: readonly string[],
): Promise<Finding> {
  const { certificate } = question;
  const complete = await readAt(question, address);
  requireComplete(complete, certificate, addresses);
  const deltas = deltaAddresses(complete, certificate);
  const delta = deltas.length > 0 ? await readDelta(question, deltas, complete) : undefined;
  return findingIn(complete, ...(delta ? [delta] : []));
}

async function readAt({ download, ...question }: Question, address: string): Promise<Crl> {
  const bytes = await download(address);
  return readCrl(bytes, question.certificate, question.issuer, question.clock());
}

/** Any of the addresses will do: they are of the same list (RFC 5280, 5.2.6). */
async function readDelta(
  question: Question,
  addresses: readonly string[],
  complete: Crl,
): Promise<Crl> {
  const failures: string[] = [];
  for (const address of addresses.slice(0, limits.revocationAddresses)) {
    try {
      const delta = await readAt(question, address);
      requireDelta(delta, complete);
      return delta;
    } catch (error) {
      failures.push(`${displayAddress(address)}: ${ruleOf(error)}`);
    }
  }
  throw new RuleError(`its delta CRL is missing (${failures.join('; ')})`);
}
