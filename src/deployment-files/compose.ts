/** Images of a compose file (compose-spec): of services, and of volumes made from images. */
import { shellWord, type FileRemedy, type Found, type ReadingOptions } from './types.js';
import { isGiven, itemsOf, textOf, valueOf, type YamlMap, type YamlNode } from './yaml-tree.js';

/** How a compose file is given that says it all. */
export const asCompose: FileRemedy = (file) =>
  `Give the file as Compose reads it: docker compose -f ${shellWord(file)} config > rendered.yaml`;

const built = 'is built here; what it is built from is not verified';

/** Reports the images of the file. @throws {FileProblem} */
export function readCompose(file: YamlMap, found: Found, { skipBuilt }: ReadingOptions): void {
  const include = file.entries.get('include');
  if (isGiven(include)) {
    found.refuse(include, 'includes other files, whose images are not seen here', asCompose);
  }
  const services = file.entries.get('services');
  if (services?.kind !== 'map') {
    return found.refuse(services ?? file, 'has services that are not a map', 'Correct the file.');
  }
  for (const [name, service] of services.entries) {
    if (service.kind !== 'map') {
      const what = `has service ${JSON.stringify(name)}, which is not a map`;
      return found.refuse(service, what, 'Correct the file.');
    }
    readService(name, service, found, skipBuilt);
  }
  readModels(file.entries.get('models'), found);
}

function readService(name: string, service: YamlMap, found: Found, skipBuilt: boolean): void {
  const label = `service ${JSON.stringify(name)}`;
  const misspelt = [...service.entries.keys()].find(
    (key) => key !== 'image' && key.toLowerCase() === 'image',
  );
  if (misspelt !== undefined) {
    const what = `has ${label} with the key ${JSON.stringify(misspelt)}, which some readers take for "image"`;
    found.refuse(service, what, 'Write "image".');
  }
  const { image, build, provider, extends: base } = Object.fromEntries(service.entries);
  readVolumes(label, valueOf(service, 'volumes'), found);
  const file = valueOf(base, 'file');
  if (base && isGiven(file)) {
    found.refuse(base, `has ${label}, which extends a service of another file`, asCompose);
  }
  if (isGiven(build) && skipBuilt) {
    found.unnamed(service, `${label} is built here`);
    return;
  }
  if (isGiven(build)) found.unnamed(build, `${label} ${built}`);
  if (isGiven(provider)) {
    found.unnamed(provider, `${label} is run by a provider, which may use any image`);
  }
  // What is built here has a name, too: if it is there already, Compose pulls it and builds nothing.
  if (image) readImage(label, image, found);
  else if (!isGiven(build) && !isGiven(provider) && !isGiven(base)) {
    found.unnamed(service, `${label} names no image`);
  }
}

function readVolumes(label: string, volumes: YamlNode | undefined, found: Found): void {
  if (!volumes || !found.isNew(volumes)) return;
  for (const volume of itemsOf(volumes)) {
    if (volume.kind !== 'map') continue;
    const type = volume.entries.get('type');
    const value = textOf(type);
    if (type && (value === undefined || value.includes('$'))) {
      found.refuse(type, `has ${label} with a volume whose type depends on variables`, asCompose);
    }
    if (value === 'image') readImage(label, volume.entries.get('source') ?? volume, found);
  }
}

function readImage(label: string, image: YamlNode, found: Found): void {
  const value = textOf(image);
  if (image.kind === 'text' && value !== undefined && !value.includes('$')) {
    found.image(image);
    return;
  }
  if (value === undefined) {
    const what = `has ${label}, whose image is not a text to every reader`;
    found.refuse(image, what, 'Put the image in quotes.');
  }
  found.refuse(image, `has ${label}, whose image depends on variables`, asCompose);
}

/** Models come from registries as images do, but nobody signs them with content trust. */
function readModels(models: YamlNode | undefined, found: Found): void {
  if (models?.kind !== 'map') return;
  for (const [name, definition] of models.entries) {
    const model = textOf(valueOf(definition, 'model')) ?? 'from elsewhere';
    found.unnamed(definition, `model ${JSON.stringify(name)} (${model}) is no image`);
  }
}
