/** Images of a compose file (compose-spec): of services, and of volumes made from images. */
import { isMap, type Document, type Node, type YAMLMap } from 'yaml';
import type { Found } from './types.js';
import { isText, keyOf, mapsIn, resolve, valueOf } from './yaml-walk.js';

const render = 'Give the file as "docker compose config" prints it.';

/** Reports the images of the file. */
export function readCompose(document: Document, file: YAMLMap, found: Found): void {
  const include = valueOf(document, file, 'include');
  if (include)
    found.refuse(include, 'includes other files, whose images are not seen here', render);
  const services = valueOf(document, file, 'services');
  if (!isMap(services)) return;
  for (const pair of services.items) {
    const service = resolve(document, pair.value);
    if (isMap(service)) readService(document, keyOf(pair) ?? '', service, found);
  }
}

function readService(document: Document, name: string, service: YAMLMap, found: Found): void {
  const image = valueOf(document, service, 'image');
  const build = valueOf(document, service, 'build');
  for (const volume of mapsIn(document, valueOf(document, service, 'volumes'))) {
    const type = valueOf(document, volume, 'type');
    if (isText(type) && type.value === 'image') {
      readImage(name, valueOf(document, volume, 'source') ?? volume, found);
    }
  }
  if (build) {
    // What is built here may also have a name, but that is where it will go, not where it is from.
    found.unnamed(service, `service "${name}" is built here`);
  } else if (image) {
    readImage(name, image, found);
  } else if (valueOf(document, service, 'extends')) {
    found.refuse(service, `has service "${name}", whose image is named elsewhere`, render);
  } else {
    found.unnamed(service, `service "${name}" names no image`);
  }
}

function readImage(name: string, image: Node, found: Found): void {
  if (isText(image) && !image.value.includes('$')) found.image(image);
  else found.refuse(image, `has service "${name}", whose image depends on variables`, render);
}
