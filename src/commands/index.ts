export { runCommand } from './run.js';
export type { HostIdentity, RunContext } from './context.js';
export { completed, type Aftermath } from './signing/registry-state.js';
