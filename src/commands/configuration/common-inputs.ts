/**
 * What the commands' configurations have in common: the identity's inputs, the pins, and the trust
 * server. Asks nobody.
 */
import { TrustError } from '../../errors.js';
import type { InputValues, ProblemList } from '../../inputs/index.js';
import { parsePin, type PinReference } from './trust-pin.js';

/** The pins that `trust-pin` names. */
export function readPins(
  inputs: Pick<InputValues, 'trust-pin'>,
  workingDirectory: string,
  { parse }: ProblemList,
): readonly PinReference[] {
  return inputs['trust-pin'].flatMap((text) => {
    const pin = parse('trust-pin', () => parsePin(text, workingDirectory));
    return pin ? [pin] : [];
  });
}

/** @throws {TrustError} INPUT_INVALID unless `text` is an https URL of nothing but a host. */
export function parseTrustServer(text: string): string {
  const invalid = (why: string): TrustError =>
    new TrustError('INPUT_INVALID', `the trust server ${why}`, {
      remedy: 'Give the URL of the Notary server, for example https://contoso.azurecr.io.',
    });
  if (!URL.canParse(text)) throw invalid('is not a URL');
  const url = new URL(text);
  if (url.protocol !== 'https:') throw invalid('is not an https URL');
  if (url.username !== '' || url.password !== '') throw invalid('has a user name or password');
  if (url.pathname !== '/' || url.search !== '' || url.hash !== '') throw invalid('has a path');
  return url.origin;
}

const guid = /^[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}$/i;

/** Which credentials go together, before any of them is used. */
export function checkIdentity(
  inputs: InputValues,
  { add, conflict, nameInput }: ProblemList,
): void {
  const { 'client-id': clientId, 'tenant-id': tenantId } = inputs;
  const { 'client-secret': secret, 'client-certificate': certificate } = inputs;
  if (inputs['azure-subscription'] !== undefined) {
    const both = (['client-id', 'tenant-id', 'client-secret', 'client-certificate'] as const).find(
      (name) => inputs[name] !== undefined,
    );
    if (both) {
      conflict(
        both,
        `is set, and so is "${nameInput('azure-subscription')}"`,
        'Sign in with the service connection or with a principal of its own, not with both.',
      );
    }
  }
  if (secret !== undefined && certificate !== undefined) {
    conflict(
      'client-certificate',
      `is set, and so is "${nameInput('client-secret')}"`,
      'Give the secret or the certificate of the service principal, not both.',
    );
  }
  const proof = (['client-secret', 'client-certificate'] as const).find(
    (name) => inputs[name] !== undefined,
  );
  for (const name of ['client-id', 'tenant-id'] as const) {
    if (proof !== undefined && inputs[name] === undefined) {
      add({
        input: name,
        problem: `is not set, but "${nameInput(proof)}" is`,
        code: 'INPUT_MISSING',
      });
    }
  }
  if (clientId !== undefined && !guid.test(clientId)) {
    add({ input: 'client-id', problem: 'is not a GUID', code: 'INPUT_INVALID' });
  }
  if (tenantId !== undefined && !guid.test(tenantId) && !/^[\w-]+(\.[\w-]+)+$/.test(tenantId)) {
    add({
      input: 'tenant-id',
      problem: 'is neither a GUID nor a domain name',
      code: 'INPUT_INVALID',
    });
  }
}
