/**
 * The registry of a Docker Registry service connection, held against what the inputs name. Done before any
 * command reads them, so that all commands read the same.
 */
import { isTrustError } from '../../errors.js';
import type { ProblemList } from '../../inputs/index.js';
import {
  isSameRegistry,
  parseImageReference,
  parseRegistryHost,
  withoutDefaultPort,
} from '../../registry/index.js';
import type { RegistryConnection } from '../../access/index.js';

/** The values of these inputs, where the command has them. */
interface ConnectedValues {
  readonly registry?: string | undefined;
  readonly images?: readonly string[];
  readonly files?: readonly string[];
  readonly source?: readonly string[];
  readonly 'registry-login'?: 'azure' | 'existing';
}

/** `inputs` with the registry of the connection, where nothing else names what the run is for. */
export function withConnectedRegistry<V extends ConnectedValues>(
  inputs: V,
  connection: RegistryConnection | undefined,
  { conflict, nameInput, settle }: ProblemList,
): V {
  if (!connection) return inputs;
  const { registry, images = [], files = [], source = [] } = inputs;
  const name = nameInput('container-registry');
  if (inputs['registry-login'] === 'existing') {
    conflict(
      'registry-login',
      `is "existing", and "${name}" is set`,
      `Log in with the service connection or with Docker's own login: leave ${nameInput('registry-login')} or ${name} out.`,
    );
  }
  if (registry === undefined && images.length === 0 && files.length === 0) {
    settle('registry');
    return { ...inputs, registry: connection.registry };
  }
  const named = [
    ...(registry === undefined ? [] : [() => parseRegistryHost(registry)]),
    ...[...images, ...source].map((text) => () => parseImageReference(text).host),
  ];
  // What files name is not known yet.
  if (files.length > 0 || named.some((read) => isOf(connection.registry, read))) return inputs;
  if (registry === undefined) {
    conflict(
      'images',
      `names nothing of ${connection.registry}, and "${name}" is a connection to it`,
      `Leave ${name} out, or name the service connection of their registry.`,
    );
  } else {
    conflict(
      'registry',
      `is ${registry}, and "${name}" is a connection to ${connection.registry}`,
      `Leave ${nameInput('registry')} out, or name the service connection of ${registry}.`,
    );
  }
  return inputs;
}

/** Whether `read` gives this registry. What cannot be read is told where it is read for good. */
function isOf(registry: string, read: () => string): boolean {
  try {
    return isSameRegistry(withoutDefaultPort(read()), registry);
  } catch (error) {
    if (!isTrustError(error)) throw error;
    return true;
  }
}
