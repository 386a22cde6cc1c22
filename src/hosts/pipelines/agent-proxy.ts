/**
 * The proxy the agent was configured with. Agents hand it to tasks in variables of their own; the
 * HTTP libraries look for HTTPS_PROXY, so that is what it becomes, unless the job has set one.
 */
import * as tl from 'azure-pipelines-task-lib/task.js';
import type { Environment } from '../environment.js';
import { namesIn } from './given-inputs.js';
import { withoutTaskLibOutput } from './silence-task-lib.js';

/** Sets HTTPS_PROXY and NO_PROXY in `environment` from the agent's proxy, if it has one. */
export function useAgentProxy(environment: Environment): void {
  const set = ['HTTPS_PROXY', 'https_proxy', 'ALL_PROXY', 'all_proxy'];
  if (set.some((name) => (environment[name] ?? '') !== '')) return;
  // task-lib's own reader throws at an address or a list that makes no sense.
  const setting = (name: string): string =>
    withoutTaskLibOutput(() => tl.getVariable(`Agent.Proxy${name}`)) ?? '';
  const address = setting('Url');
  if (address === '') return;
  if (!URL.canParse(address)) {
    // The reader of the variable takes what it can, and refuses the rest in its own words.
    environment.HTTPS_PROXY = address;
    return;
  }
  const url = new URL(address);
  // The setters encode what a password may hold.
  url.username ||= setting('Username');
  url.password ||= setting('Password');
  environment.HTTPS_PROXY = url.href;
  const hosts = namesIn(setting('BypassList')).flatMap((pattern) => hostOf(pattern) ?? []);
  if (hosts.length > 0) environment.NO_PROXY ??= hosts.join(',');
}

/** The agent keeps regular expressions; those that are plain host names have a NO_PROXY form. */
function hostOf(pattern: string): string | undefined {
  const host = pattern
    .replace(/^\^?(https?:\/\/)?/, '')
    .replace(/\$$/, '')
    .replaceAll('\\.', '.');
  return /^[a-z0-9.-]+$/i.test(host) ? host : undefined;
}
