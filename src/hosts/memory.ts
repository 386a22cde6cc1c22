/** Tells a lack of memory from failures of what was under way when it showed. */
import { messageOf } from '../errors.js';

/** What V8 and Node say when the system gives no more, as with a limited address space. */
const said = /out of memory|could not allocate|cannot allocate|allocation failed/i;

/** Whether `error` means that the system gave this process no more memory. */
export function isOutOfMemory(error: unknown): boolean {
  const text = messageOf(error);
  if (error instanceof RangeError && said.test(text)) return true;
  if (error instanceof Error && 'code' in error && error.code === 'ENOMEM') return true;
  // Libraries wrap what the engine throws and quote it; no server speaks of WebAssembly.
  return /WebAssembly\.\w+\(\)/.test(text) && said.test(text);
}
