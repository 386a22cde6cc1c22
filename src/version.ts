/** The version of the product: the one in package.json, task.json and vss-extension.json. */
export const version = '1.0.0';
/** What the product calls itself to servers and in signatures. */
export const agent = `acr-content-trust/${version}`;

/** Where the product is kept: the one in package.json. */
const repository = 'https://github.com/acr-content-trust/acr-content-trust';

/**
 * The address of a page of the documentation, as it is for the newest release of this major version.
 * @param page such as `docs/reference.md`, or a heading of it: `docs/reference.md#sign`.
 */
export function pageUrl(page: string): string {
  return `${repository}/blob/v${version.replace(/\..*/, '')}/${page}`;
}

/** The address of the section of an error code, with what a message has no room for. */
export function helpUrlOf(code: string): string {
  return pageUrl(`docs/troubleshooting.md#${code.toLowerCase()}`);
}
