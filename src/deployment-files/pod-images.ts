/**
 * Images of a pod (core/v1 PodSpec): those of containers of every sort, and image volumes. What is
 * spelt almost like one of these fields is refused, because some readers take it for the field.
 */
import type { Found } from './types.js';
import {
  isGiven,
  itemsOf,
  textOf,
  valueOf,
  type YamlMap,
  type YamlNode,
  type YamlText,
} from './yaml-tree.js';

const containerLists = ['containers', 'initContainers', 'ephemeralContainers'] as const;

/** Whether a map looks like a pod's specification. */
export function hasContainers(map: YamlMap): boolean {
  return containerLists.some((list) => map.entries.get(list)?.kind === 'sequence');
}

/**
 * Reports the images of a pod's specification, and what looks like one in what its containers are
 * started with.
 * @param take reports an image, or what is no image, for whoever looks at all texts as well.
 */
export function readPod(spec: YamlMap, found: Found, take?: (image: YamlNode) => void): void {
  const takeOrRefuse =
    take ??
    ((image: YamlNode): void => {
      takeImage(image, found);
    });
  requireSpelling(spec, [...containerLists, 'volumes'], found);
  for (const list of containerLists) {
    for (const container of newItems(spec.entries.get(list), found)) {
      if (container.kind !== 'map') continue;
      readContainer(container, found, takeOrRefuse);
      if (!take) warnOfTexts(container, found);
    }
  }
  for (const volume of newItems(spec.entries.get('volumes'), found)) {
    if (volume.kind !== 'map') continue;
    requireSpelling(volume, ['image'], found);
    const image = volume.entries.get('image');
    if (image?.kind !== 'map') continue;
    requireSpelling(image, ['reference'], found);
    takeOrRefuse(image.entries.get('reference') ?? image);
  }
}

/** The items of a list that was not met before, however many aliases lead to it. */
function newItems(list: YamlNode | undefined, found: Found): readonly YamlNode[] {
  return list && found.isNew(list) ? itemsOf(list).filter((item) => found.isNew(item)) : [];
}

function readContainer(node: YamlMap, found: Found, take: (image: YamlNode) => void): void {
  requireSpelling(node, ['image'], found);
  const image = node.entries.get('image');
  const name = textOf(node.entries.get('name'));
  if (image) take(image);
  else if (name !== undefined) {
    found.unnamed(node, `container ${JSON.stringify(name)} names no image`);
  }
}

/** Operators and controllers are told by these which images to run. */
function warnOfTexts(container: YamlMap, found: Found): void {
  const name = JSON.stringify(textOf(container.entries.get('name')) ?? '');
  const warn = (node: YamlNode | undefined, where: string): void => {
    const text = textOf(node);
    if (node === undefined || text === undefined || !looksLikeImage(text)) return;
    const shown = JSON.stringify(text.slice(0, 200));
    found.unnamed(node, `container ${name} has ${shown} in ${where}, which looks like an image`);
  };
  for (const list of ['command', 'args']) {
    for (const item of newItems(container.entries.get(list), found)) warn(item, list);
  }
  for (const variable of newItems(container.entries.get('env'), found)) {
    warn(valueOf(variable, 'value'), `env ${textOf(valueOf(variable, 'name')) ?? ''}`);
  }
}

/** A registry's name, a path, and a tag or a digest: hardly anything else is written like this. */
const fullName =
  /^(?:--?[\w.-]+=)?(?:oci:\/\/|docker:\/\/|docker-image:\/\/)?[a-z0-9][a-z0-9-]*(?:\.[a-z0-9-]+)+(?::\d{1,5})?\/[a-z0-9][a-z0-9._/-]*(?::[\w][\w.-]{0,127}|@sha256:[0-9a-f]{64})/;

/** Whether a text, or the value of a flag, begins with the full name of an image. */
export function looksLikeImage(text: string): boolean {
  return fullName.test(text);
}

/** An image that is there as it will be used; templates and variables are not. */
export function finalImage(node: YamlNode): YamlText | undefined {
  return node.kind === 'text' && node.isTextToAll && !/\{\{|\$[({]/.test(node.value)
    ? node
    : undefined;
}

function takeImage(image: YamlNode, found: Found): void {
  const final = finalImage(image);
  if (final) {
    found.image(final);
    return;
  }
  if (!isGiven(image)) {
    const remedy =
      'Write the image there. What begins with "#" is a comment: a placeholder such as #{IMAGE}# has to be replaced before.';
    found.refuse(image, 'names an image without a value', remedy);
  }
  const value =
    image.kind === 'text' || image.kind === 'other'
      ? JSON.stringify(image.value)
      : 'something that is no text';
  const isText = image.kind === 'text' && textOf(image) === undefined;
  found.refuse(
    image,
    isText
      ? `names an image by ${value} without quotes, which some readers take for something else`
      : `names an image by ${value}, which is not known until it is rendered`,
    isText
      ? 'Put the image in quotes.'
      : 'Render the manifests first, for example with "helm template", "kubectl kustomize" or "envsubst".',
  );
}

/** Go's own JSON reader takes a field by any case of its name; Kubernetes' does not. */
export function requireSpelling(map: YamlMap, names: readonly string[], found: Found): void {
  for (const name of names) {
    const key = keysByFold(map)
      .get(folded(name))
      ?.find((spelling) => spelling !== name);
    if (key === undefined) continue;
    const what = `has the key ${JSON.stringify(key)}, which some readers take for "${name}"`;
    found.refuse(map, what, `Write "${name}".`);
  }
}

const folds = new WeakMap<YamlMap, ReadonlyMap<string, readonly string[]>>();

/** Made once for each map, as aliases may lead to one map from many places. */
function keysByFold(map: YamlMap): ReadonlyMap<string, readonly string[]> {
  const known = folds.get(map);
  if (known) return known;
  const made = new Map<string, string[]>();
  for (const key of map.entries.keys()) {
    const keys = made.get(folded(key));
    if (keys) keys.push(key);
    else made.set(folded(key), [key]);
  }
  folds.set(map, made);
  return made;
}

/** As Go folds: the Kelvin sign is a k to it, and the long s an s. */
function folded(text: string): string {
  return text.toUpperCase().toLowerCase();
}
