/**
 * What keys, secrets and certificates have in common: lists, delete, recover, purge, backup and
 * restore. Each answers undefined for a request that is none of these.
 */
import { text } from '../core/call.js';
import type { Answer, Call } from '../core/call.js';
import type { Clock } from '../core/clock.js';
import type { Require } from './access.js';
import type { Backups } from './backups.js';
import { deletion } from './bodies.js';
import type { Kind } from './kinds.js';
import { badParameter, conflict, notFound } from './refusals.js';
import { bodyOf } from './requests.js';
import type { Entry, Version, VersionedStore } from './versioned-store.js';
import type { Vault } from './vaults.js';

/** A request to a vault whose caller is known. */
export interface VaultCall {
  readonly call: Call;
  readonly vault: Vault;
  readonly require: Require;
  readonly clock: Clock;
  readonly backups: Backups;
}

/** Serves `/<collection>` as far as all kinds have it. */
export function lifecycle<V extends Version>(
  kind: Kind<V>,
  request: VaultCall,
): Answer | undefined {
  const { call, vault, require } = request;
  const [, name = '', action] = call.segments;
  const store = kind.store(vault);
  const object = `${kind.collection}/${name}`;
  const item = (entry: Entry<V>): object[] => {
    const newest = entry.versions.at(-1);
    return newest === undefined ? [] : [kind.item(vault, entry, newest, false)];
  };
  if (call.method === 'GET' && name === '') {
    require(kind.actions.list);
    return page(request, store.list().flatMap(item));
  }
  if (call.method === 'GET' && action === 'versions') {
    require(kind.actions.list, object);
    const entry = store.entry(name);
    const versions = entry?.versions ?? [];
    return page(request, entry ? versions.map((v) => kind.item(vault, entry, v, true)) : []);
  }
  if (call.method === 'DELETE' && call.segments.length === 2) {
    require(kind.actions.delete, object);
    const entry = store.delete(name, request.clock.seconds());
    if (entry === undefined) throw notFound(kind.label, name);
    for (const other of belongings(kind, vault)) other.delete(name, request.clock.seconds());
    return deletedBody(kind, vault, entry);
  }
  if (call.method === 'POST' && action === 'backup') {
    require(`${object.split('/')[0] ?? ''}/backup/action`, object);
    const entry = store.entry(name);
    if (entry === undefined) throw notFound(kind.label, name);
    const all = [entry, ...belongings(kind, vault).flatMap((other) => other.entry(name) ?? [])];
    return { status: 200, body: { value: request.backups.take(kind.collection, all) } };
  }
  if (call.method === 'POST' && name === 'restore' && call.segments.length === 2) {
    require(`${kind.collection}/restore/action`);
    return restore(kind, request);
  }
  return undefined;
}

/** Serves `/deleted<collection>`. */
export function deletedObjects<V extends Version>(
  kind: Kind<V>,
  { call, vault, require }: VaultCall,
): Answer | undefined {
  const [, name = '', action] = call.segments;
  const store = kind.store(vault);
  const object = `${kind.collection}/${name}`;
  if (call.method === 'GET' && name === '') {
    require(kind.actions.list);
    return list(
      store.listDeleted().flatMap((entry) => {
        const newest = entry.versions.at(-1);
        const extra = deletion(vault, kind.collection, entry);
        return newest ? [{ ...kind.item(vault, entry, newest, false), ...extra }] : [];
      }),
    );
  }
  const entry = store.deleted(name);
  if (call.method === 'GET' && action === undefined) {
    require(kind.actions.list, object);
    if (entry === undefined) throw notFound(kind.label, name);
    return deletedBody(kind, vault, entry);
  }
  if (call.method === 'DELETE') {
    require(`${kind.collection}/purge/action`, object);
    if (!store.purge(name)) throw notFound(kind.label, name);
    for (const other of belongings(kind, vault)) other.purge(name);
    return { status: 204 };
  }
  if (call.method === 'POST' && action === 'recover') {
    require(`${kind.collection}/recover/action`, object);
    const recovered = store.recover(name);
    if (recovered === undefined) throw notFound(kind.label, name);
    for (const other of belongings(kind, vault)) other.recover(name);
    return { status: 200, body: newestBundle(kind, vault, recovered) };
  }
  return undefined;
}

function restore<V extends Version>(kind: Kind<V>, request: VaultCall): Answer {
  const blob = text(bodyOf(request.call).value) ?? '';
  const [entry, ...more] = request.backups.open(kind.collection, blob) ?? [];
  if (entry === undefined) throw badParameter('The backup blob is not valid.');
  // The blob was found among the backups of this kind, so its versions are of this kind.
  const typed = entry as Entry<V>;
  const others = belongings(kind, request.vault);
  const isTaken = others.some((other) => other.entry(entry.name) ?? other.deleted(entry.name));
  if (isTaken || !kind.store(request.vault).restore(typed)) {
    throw conflict('AlreadyExists', `${entry.name} already exists in this vault.`);
  }
  others.forEach((other, index) => {
    const belonging = more[index];
    if (belonging !== undefined) other.restore(belonging);
  });
  return { status: 200, body: newestBundle(kind, request.vault, typed) };
}

/** Where the key and the secret of a certificate are; nothing belongs to keys and secrets. */
function belongings<V extends Version>(
  { collection }: Kind<V>,
  { keys, secrets }: Vault,
): readonly VersionedStore<Version>[] {
  // Each gets back only what came from it.
  return collection === 'certificates' ? ([keys, secrets] as VersionedStore<Version>[]) : [];
}

function deletedBody<V extends Version>(kind: Kind<V>, vault: Vault, entry: Entry<V>): Answer {
  return {
    status: 200,
    body: { ...newestBundle(kind, vault, entry), ...deletion(vault, kind.collection, entry) },
  };
}

function newestBundle<V extends Version>(kind: Kind<V>, vault: Vault, entry: Entry<V>): object {
  const newest = entry.versions.at(-1);
  return newest === undefined ? {} : kind.bundle(vault, entry, newest);
}

/** Lists come in pages of 25, the most the service puts on one. */
function page({ call, vault }: VaultCall, all: readonly object[]): Answer {
  const from = Number(call.query.get('$skiptoken') ?? 0);
  const to = from + Math.min(Number(call.query.get('maxresults') ?? pageSize), pageSize);
  const query = `api-version=${call.query.get('api-version') ?? ''}&$skiptoken=${to}`;
  const nextLink = to < all.length ? `${vault.url}${call.path}?${query}` : null;
  return { status: 200, body: { value: all.slice(from, to), nextLink } };
}

const pageSize = 25;

function list(value: readonly object[]): Answer {
  return { status: 200, body: { value, nextLink: null } };
}
