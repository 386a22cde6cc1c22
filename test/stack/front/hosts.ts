/** Which host names are registries'. */

const REGISTRY = /^[a-z0-9-]+\.azurecr\.(io|cn|us)$/;

/** True for a name that the login server of a registry can have. */
export const isRegistry = (host: string): boolean => REGISTRY.test(host);
