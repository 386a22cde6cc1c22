export { runCommand } from './run.js';
export type { HostIdentity, RunContext } from './context.js';
