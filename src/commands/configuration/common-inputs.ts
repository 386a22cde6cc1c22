/**
 * What the commands' configurations have in common: a list of everything that is wrong with the
 * inputs, the identity's inputs, and the trust server. Asks nobody.
 */
import { TrustError, isTrustError } from '../../errors.js';
import {
  throwProblems,
  type InputName,
  type InputProblem,
  type InputValues,
  type NameInput,
} from '../../inputs/index.js';
import { parsePin, type PinReference } from './trust-pin.js';

export type Conflict = (input: InputName, problem: string, remedy: string) => void;

/** Everything that is wrong with the inputs of a run, to be said at once. */
export interface ProblemList {
  /** The value that `body` reads from `input`; a refusal is noted, and undefined given. */
  readonly parse: <T>(input: InputName, body: () => T) => T | undefined;
  /** Notes that an input does not go with another. */
  readonly conflict: Conflict;
  readonly add: (problem: InputProblem) => void;
  /** @throws {TrustError} with all that was noted. */
  readonly throwIfAny: () => void;
  readonly problems: InputProblem[];
}

/** An empty list. */
export function collectProblems(nameInput: NameInput): ProblemList {
  const problems: InputProblem[] = [];
  return {
    problems,
    parse: (input, body) => {
      try {
        return body();
      } catch (error) {
        if (!isTrustError(error)) throw error;
        problems.push({
          input,
          problem: `cannot be used: ${error.message.replace(/\.$/, '')}`,
          code: error.code,
          remedy: error.remedy,
        });
        return undefined;
      }
    },
    conflict: (input, problem, remedy) => {
      problems.push({ input, problem, code: 'INPUT_CONFLICT', remedy });
    },
    add: (problem) => {
      problems.push(problem);
    },
    throwIfAny: () => {
      throwProblems(problems, nameInput);
    },
  };
}

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
  problems: InputProblem[],
  conflict: Conflict,
  nameInput: NameInput,
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
      problems.push({
        input: name,
        problem: `is not set, but "${nameInput(proof)}" is`,
        code: 'INPUT_MISSING',
      });
    }
  }
  if (clientId !== undefined && !guid.test(clientId)) {
    problems.push({ input: 'client-id', problem: 'is not a GUID', code: 'INPUT_INVALID' });
  }
  if (tenantId !== undefined && !guid.test(tenantId) && !/^[\w-]+(\.[\w-]+)+$/.test(tenantId)) {
    problems.push({
      input: 'tenant-id',
      problem: 'is neither a GUID nor a domain name',
      code: 'INPUT_INVALID',
    });
  }
}
