import { EventEmitter } from 'node:events';
import { describe, expect, it } from 'vitest';
import { listenForShutdown } from '../../src/hosts/shutdown.js';

describe('a process that is asked to stop', () => {
  it('aborts the run, and remembers the first signal', () => {
    const process = new EventEmitter();
    const stop = listenForShutdown(process);
    expect(stop.signal.aborted).toBe(false);
    process.emit('SIGTERM', 'SIGTERM');
    process.emit('SIGINT', 'SIGINT');
    expect(stop.signal.aborted).toBe(true);
    expect(stop.stoppedBy()).toBe('SIGTERM');
    expect(stop.crash()).toBeUndefined();
  });

  it.each(['uncaughtException', 'unhandledRejection'])('does so after an %s', (event) => {
    const process = new EventEmitter();
    const stop = listenForShutdown(process);
    process.emit(event, 'what was thrown');
    expect(stop.signal.aborted).toBe(true);
    expect(stop.crash()).toEqual({ thrown: 'what was thrown' });
    expect(stop.stoppedBy()).toBeUndefined();
  });

  it('waits for the run to clean up, but not for ever', async () => {
    const process = new EventEmitter();
    const stop = listenForShutdown(process, 20);
    process.on('SIGINT', () => undefined);
    const running = stop.bound(new Promise(() => undefined));
    process.emit('SIGINT', 'SIGINT');
    await expect(running).rejects.toThrow('did not stop in time');
    expect(await stop.bound(Promise.resolve('done'))).toBe('done');
  });
});
