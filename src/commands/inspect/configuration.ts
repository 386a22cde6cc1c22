/** From typed inputs to what `inspect` is to look at. Asks nobody. */
import path from 'node:path';
import { TrustError } from '../../errors.js';
import type { ProblemList } from '../../inputs/index.js';
import type { InputValues } from '../inputs/values.js';
import {
  formatImageReference,
  gunOf,
  parseImageReference,
  parseRegistryHost,
  parseRepository,
} from '../../registry/index.js';
import { checkIdentity, parseTrustServer, readPins } from '../configuration/common-inputs.js';
import { parseDays } from '../configuration/days.js';
import type { PinReference } from '../inputs/pins.js';

/** A repository, or one tag of it. */
export interface InspectionRequest {
  /** As the Docker CLI would name it: with the tag, if one is asked for. */
  readonly name: string;
  readonly gun: string;
  readonly host: string;
  readonly repository: string;
  readonly tag: string | undefined;
}

/** Everything `inspect` was asked for, checked. */
export interface InspectConfiguration {
  /** At least one, each once. */
  readonly requests: readonly InspectionRequest[];
  readonly pins: readonly PinReference[];
  readonly trustServer: { readonly registry: string; readonly url: string } | undefined;
  readonly registryLogin: 'azure' | 'existing';
  readonly cloud: InputValues['cloud'];
  readonly warnExpiryDays: number;
  readonly format: 'table' | 'json';
  /** Absolute. */
  readonly reportPath: string | undefined;
}

/** @throws {TrustError} naming every input that cannot be used. */
export function readInspectConfiguration(
  inputs: InputValues,
  workingDirectory: string,
  collected: ProblemList,
): InspectConfiguration {
  const { parse, add, nameInput, throwIfAny } = collected;
  const requests = [...ownRepositories(inputs, collected), ...named(inputs, collected)];
  if (requests.length === 0 && collected.problems.length === 0) {
    const remedy = `Set ${nameInput('registry')} and ${nameInput('repository')}, or name repositories in ${nameInput('images')}.`;
    add({ input: 'repository', problem: 'is not set', code: 'INPUT_MISSING', remedy });
  }
  const server = inputs['trust-server'];
  const url =
    server === undefined ? undefined : parse('trust-server', () => parseTrustServer(server));
  const registry = inputs.registry?.toLowerCase();
  if (url !== undefined && registry === undefined) {
    const problem = `is not set, but "${nameInput('trust-server')}" is`;
    const remedy = `Say in ${nameInput('registry')} whose repositories the trust server is for.`;
    add({ input: 'registry', problem, code: 'INPUT_MISSING', remedy });
  }
  const pins = readPins(inputs, workingDirectory, collected);
  const warnExpiryDays = parse('warn-expiry-days', () => parseDays(inputs['warn-expiry-days']));
  checkIdentity(inputs, collected);
  throwIfAny();
  return {
    requests: [...new Map(requests.map((request) => [request.name, request])).values()],
    pins,
    trustServer: url === undefined || registry === undefined ? undefined : { registry, url },
    registryLogin: inputs['registry-login'],
    cloud: inputs.cloud,
    warnExpiryDays: warnExpiryDays ?? 0,
    format: inputs.format,
    reportPath:
      inputs['trust-report'] === undefined
        ? undefined
        : path.resolve(workingDirectory, inputs['trust-report']),
  };
}

/** The repositories that `registry` and `repository` stand for together. */
function ownRepositories(
  { registry, repository, images }: InputValues,
  { parse, add, nameInput }: ProblemList,
): readonly InspectionRequest[] {
  const host =
    registry === undefined ? undefined : parse('registry', () => parseRegistryHost(registry));
  if (repository === undefined) {
    if (registry !== undefined && images.length === 0) {
      const remedy = `Name the repositories of ${registry} in ${nameInput('repository')}, separated by commas.`;
      add({ input: 'repository', problem: 'is not set', code: 'INPUT_MISSING', remedy });
    }
    return [];
  }
  if (registry === undefined) {
    const problem = `is not set, but "${nameInput('repository')}" is`;
    add({ input: 'registry', problem, code: 'INPUT_MISSING' });
    return [];
  }
  return repository
    .split(/[,\r\n]/)
    .map((text) => text.trim())
    .filter((text) => text !== '')
    .flatMap((text) => {
      const name = parse('repository', () => parseRepository(text));
      if (name === undefined || host === undefined) return [];
      const gun = `${host}/${name}`;
      return [{ name: gun, gun, host, repository: name, tag: undefined }];
    });
}

function named({ images }: InputValues, { parse }: ProblemList): readonly InspectionRequest[] {
  return images.flatMap((text) => {
    const request = parse('images', (): InspectionRequest => {
      const image = parseImageReference(text);
      if (image.digest !== undefined) {
        throw new TrustError('INPUT_INVALID', `${JSON.stringify(text)} names a digest`, {
          remedy: 'Content trust signs tags: give the repository, or one tag of it.',
        });
      }
      const { host, repository, tag } = image;
      return { name: formatImageReference(image), gun: gunOf(image), host, repository, tag };
    });
    return request ? [request] : [];
  });
}
