/**
 * First program inside an engine's namespaces: brings up the loopback interface, hides the
 * system's /run, opens the proxy's port there (relayed to the proxy's socket file, because the
 * network is another one) and runs dockerd until it ends. Runs only inside new namespaces.
 */
import { execFileSync, spawn } from 'node:child_process';
import { createConnection, createServer } from 'node:net';

/** What {@link engineCommand} hands over, as JSON in the first argument. */
export interface EngineInit {
  readonly busybox: string;
  readonly dockerd: string;
  readonly configFile: string;
  readonly proxyPort: number;
  readonly proxySocket: string;
}

const init = JSON.parse(process.argv[2] ?? '') as EngineInit;

if (!init.proxySocket.startsWith('/run/')) {
  // dockerd keeps plugins, containerd its shims' sockets there, whatever --exec-root says.
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'mode=755', 'tmpfs', '/run']);
}
execFileSync(init.busybox, ['ifconfig', 'lo', '127.0.0.1', 'up']);

const relay = createServer((inner) => {
  const outer = createConnection(init.proxySocket);
  // A torn connection is torn on both sides; each program reports its own.
  inner.on('error', () => outer.destroy());
  outer.on('error', () => inner.destroy());
  inner.pipe(outer).pipe(inner);
});
relay.listen(init.proxyPort, '127.0.0.1', () => {
  const dockerd = spawn(init.dockerd, ['--config-file', init.configFile], { stdio: 'inherit' });
  dockerd.once('error', (error) => {
    throw error;
  });
  dockerd.once('exit', (code) => process.exit(code ?? 1));
});
