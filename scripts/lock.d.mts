/** Runs `body` while holding the lock directory `path`; waits for other processes first. */
export function withLock<T>(path: string, body: () => Promise<T>): Promise<T>;
