/**
 * What a YAML document says once every reader agrees on it: aliases lead to the very node that they
 * name, merges are done, keys are texts. Made by read-yaml.ts, which refuses everything else.
 */

/** A document that is not empty. */
export interface YamlDocument {
  readonly root: YamlNode;
  /** A key that some readers take from a merge, and others from the map itself or another merge. */
  readonly disputed: { readonly key: string; readonly line: number } | undefined;
}

/** Any node. An alias is the node it leads to, so a node may be met more than once. */
export type YamlNode = YamlMap | YamlSequence | YamlText | YamlOther;

/** A mapping. */
export interface YamlMap {
  readonly kind: 'map';
  readonly line: number;
  /** Own keys and merged ones. */
  readonly entries: ReadonlyMap<string, YamlNode>;
}

/** A sequence. */
export interface YamlSequence {
  readonly kind: 'sequence';
  readonly line: number;
  readonly items: readonly YamlNode[];
}

/** A text, and where it is written. */
export interface YamlText {
  readonly kind: 'text';
  readonly line: number;
  readonly value: string;
  /** Offsets in the file of what is written, quotes included. */
  readonly start: number;
  readonly end: number;
  /** False for an unquoted `yes` or `1_0`, which some readers take for something else. */
  readonly isTextToAll: boolean;
}

/** A number, a truth value or nothing. */
export interface YamlOther {
  readonly kind: 'other';
  readonly line: number;
  readonly value: unknown;
}

/** The value of `key` in a map; undefined for whatever is not a map. */
export function valueOf(node: YamlNode | undefined, key: string): YamlNode | undefined {
  return node?.kind === 'map' ? node.entries.get(key) : undefined;
}

/** The text of a node that is one, in which every reader sees a text. */
export function textOf(node: YamlNode | undefined): string | undefined {
  return node?.kind === 'text' && node.isTextToAll ? node.value : undefined;
}

/** Whether there is a value other than nothing. */
export function isGiven(node: YamlNode | undefined): node is YamlNode {
  return node !== undefined && !(node.kind === 'other' && node.value === null);
}

/** The items of a sequence; none for anything else. */
export function itemsOf(node: YamlNode | undefined): readonly YamlNode[] {
  return node?.kind === 'sequence' ? node.items : [];
}
