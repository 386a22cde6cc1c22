/**
 * Images of a Kubernetes object: of containers of every sort wherever they are, so that pods,
 * everything that makes pods, lists and custom resources with a pod template are all covered
 * (core/v1 PodSpec: containers, initContainers, ephemeralContainers; image volumes).
 */
import { isMap, isScalar, type Document, type Node, type YAMLMap } from 'yaml';
import type { Found } from './types.js';
import { forEachMap, isText, mapsIn, valueOf } from './yaml-walk.js';

const containerLists = ['containers', 'initContainers', 'ephemeralContainers'] as const;

/** Reports the images of the object. */
export function readKubernetes(document: Document, found: Found): void {
  forEachMap(document, document.contents, (map) => {
    for (const list of containerLists) {
      for (const container of mapsIn(document, valueOf(document, map, list))) {
        readContainer(document, container, found);
      }
    }
    for (const volume of mapsIn(document, valueOf(document, map, 'volumes'))) {
      const image = valueOf(document, volume, 'image');
      if (isMap(image)) readImage(valueOf(document, image, 'reference'), image, found);
    }
  });
}

function readContainer(document: Document, container: YAMLMap, found: Found): void {
  const image = valueOf(document, container, 'image');
  const name = valueOf(document, container, 'name');
  if (image !== undefined) readImage(image, container, found);
  else if (isText(name)) found.unnamed(container, `container "${name.value}" names no image`);
}

function readImage(image: Node | undefined, place: Node, found: Found): void {
  if (isText(image) && !/\{\{|\$[({]/.test(image.value)) {
    found.image(image);
    return;
  }
  const value = isScalar(image) ? JSON.stringify(image.value) : 'something that is no text';
  found.refuse(
    image ?? place,
    `names an image by ${value}, which is not known until it is rendered`,
    'Render the manifests first, for example with "helm template" or "kubectl kustomize".',
  );
}
