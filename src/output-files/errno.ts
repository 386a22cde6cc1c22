/** The operating system's own names for failures. */

/** Whether `error` is a failure of the operating system with one of these names. */
export function isErrno(error: unknown, ...names: readonly string[]): boolean {
  return (
    error instanceof Error &&
    'code' in error &&
    typeof error.code === 'string' &&
    names.includes(error.code)
  );
}
