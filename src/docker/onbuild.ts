/**
 * The images that ONBUILD instructions of a base image would bring into a build. They stand in the
 * image and not in the Dockerfile; where no policy holds the builder to what was verified, this is
 * the only look at them.
 */
import { isTrustError, unreachableCodes } from '../errors.js';
import {
  createBlobReader,
  createRegistryClient,
  readImageConfigs,
  registryEndpointOf,
  type RegistryAccess,
} from '../registry/index.js';
import { findBaseImages, parseReference, type BaseImages } from './dockerfile/index.js';

/** Access to the registry of a base image. */
export type AccessTo = (registryHost: string, endpoint: string) => Promise<RegistryAccess>;

/** Why a base image cannot be proven to bring in no others, or undefined. */
export async function onBuildProblem(
  reference: string,
  digest: string,
  { stageNames }: Pick<BaseImages, 'stageNames'>,
  accessTo: AccessTo,
): Promise<string | undefined> {
  const parsed = parseReference(reference);
  if (!parsed) return 'it is not a valid image reference';
  const endpoint = registryEndpointOf(parsed.host);
  const client = { host: endpoint, ...(await accessTo(parsed.host, endpoint)) };
  try {
    const images = createRegistryClient(client);
    const manifest = await images.getManifest(parsed.repository, digest);
    if (!manifest) return 'the registry does not have it';
    const access = { images, readBlob: createBlobReader(client) };
    for (const { config } of await readImageConfigs(access, parsed.repository, manifest)) {
      const triggers = triggersOf(config);
      const named = triggers?.find((trigger) => mayNameImage(trigger, stageNames));
      if (!triggers) return 'its configuration cannot be read';
      if (named !== undefined) return `its ONBUILD instruction uses another image: ${named}`;
    }
    return undefined;
  } catch (error) {
    if (!isTrustError(error, ...unreachableCodes)) throw error;
    return `its ONBUILD instructions cannot be read: ${error.message.replace(/\.$/, '')}`;
  }
}

function triggersOf(
  config: Readonly<Record<string, unknown>> | undefined,
): readonly string[] | undefined {
  if (config === undefined) return undefined;
  const inner = membersNamed('config', config);
  if (!inner.every((one) => typeof one === 'object' && one !== null)) return undefined;
  const triggers = inner.flatMap((one) => membersNamed('onbuild', one)).flat();
  return triggers.every((trigger) => typeof trigger === 'string') ? triggers : undefined;
}

/** Go reads the names of fields without case. */
function membersNamed(name: string, object: object): readonly unknown[] {
  return Object.entries(object).flatMap(([key, value]: [string, unknown]) =>
    key.toLowerCase() === name ? (value ?? []) : [],
  );
}

function mayNameImage(trigger: string, stageNames: readonly string[]): boolean {
  try {
    const { images, unresolved } = findBaseImages(`FROM scratch\n${trigger}`, {
      builder: 'buildkit',
    });
    // A stage of the Dockerfile is not an image of its own.
    const others = images.filter(({ reference }) => !stageNames.includes(reference.toLowerCase()));
    return others.length + unresolved.length > 0;
  } catch (error) {
    if (isTrustError(error, 'DOCKERFILE_INVALID')) return true;
    throw error;
  }
}
