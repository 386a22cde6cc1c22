/**
 * Objects of kinds that Kubernetes itself does not have. What an operator makes of them cannot be
 * known, so everything in them that looks like an image is verified or named in a warning.
 */
import { isTrustError } from '../errors.js';
import { parseImageReference } from '../registry/index.js';
import { finalImage, hasContainers, looksLikeImage, readPod } from './pod-images.js';
import type { Found } from './types.js';
import { itemsOf, textOf, type YamlMap, type YamlNode } from './yaml-tree.js';

/** Keys for the name of an image, in the words of many operators. */
const nameKey = /image_?(?:name|ref|reference|ur[il]|spec)$/i;
const embedded = /^[ \t]*(?:-[ \t]+)?["']?image["']?[ \t]*:/im;

/** Reports what looks like an image below the object, but for what Kubernetes never applies. */
export function readOtherKind(object: YamlMap, label: string, found: Found): void {
  const seen = new Set<YamlNode>();
  const told = new Set<YamlNode>();
  const take = (image: YamlNode): void => {
    told.add(image);
    const final = finalImage(image);
    if (final && isReference(final.value)) found.image(final);
    else
      found.unnamed(image, `${label} names an image by ${worded(image)}, which is not known here`);
  };
  const visit = (node: YamlNode, path: string): void => {
    if (told.has(node)) return;
    // A text is met once for each of its places: only some of them may be called an image.
    if (node.kind !== 'text') {
      if (seen.has(node)) return;
      seen.add(node);
    }
    switch (node.kind) {
      case 'map':
        if (hasContainers(node)) readPod(node, found, take);
        for (const [key, value] of node.entries) visitEntry(key, value, `${path}.${key}`);
        return;
      case 'sequence':
        for (const item of node.items) visit(item, path);
        return;
      case 'text':
        if (looksLikeImage(node.value)) {
          found.unnamed(node, `${label} has ${worded(node)} in ${path}, which looks like an image`);
        } else if (node.value.includes('\n') && embedded.test(node.value)) {
          found.unnamed(node, `${label} has a text in ${path} that names images`);
        }
        return;
      case 'other':
    }
  };
  const tellParts = (value: YamlNode, path: string): void => {
    const parts = value.kind === 'map' ? [...value.entries] : [];
    const named = parts.filter(([name]) =>
      /^(?:repository|repo|name|image|tag|digest)$/i.test(name),
    );
    if (named.every(([name]) => /^(?:tag|digest)$/i.test(name))) return;
    const words = named.map(([name, part]) => `${name} ${worded(part)}`).join(', ');
    found.unnamed(value, `${label} names an image in ${path} in parts (${words})`);
  };
  const visitEntry = (key: string, value: YamlNode, path: string): void => {
    if (/image$/i.test(key)) {
      if (told.has(value)) return;
      if (value.kind === 'text') {
        take(value);
        return;
      }
      tellParts(value, path);
    } else if (value.kind === 'text' && nameKey.test(key)) {
      if (told.has(value) || value.value === '') return;
      told.add(value);
      found.unnamed(value, `${label} has ${worded(value)} in ${path}, which looks like an image`);
    } else if (/images$/i.test(key)) {
      const values = value.kind === 'map' ? [...value.entries.values()] : itemsOf(value);
      for (const item of values) {
        tellParts(item, path);
        if (textOf(item) === undefined) continue;
        told.add(item);
        found.unnamed(item, `${label} lists ${worded(item)} in ${path}, which looks like an image`);
      }
    }
    visit(value, path);
  };
  for (const [key, value] of object.entries) {
    if (key !== 'metadata' && key !== 'status') visitEntry(key, value, key);
  }
}

function isReference(text: string): boolean {
  try {
    parseImageReference(text);
    return true;
  } catch (error) {
    if (isTrustError(error)) return false;
    throw error;
  }
}

/** A value as it is told of, in at most a line. */
function worded(node: YamlNode): string {
  const isScalar = node.kind === 'text' || node.kind === 'other';
  return (isScalar ? JSON.stringify(node.value) : `a ${node.kind}`).slice(0, 200);
}
