/** The environment of this machine, for programs that download: that of a test file names no proxy. */
export const machineEnvironment: NodeJS.ProcessEnv = { ...process.env };
