/** Media types of manifests we ask for and accept (OCI image specification, Docker image v2). */
export const manifestMediaTypes = [
  'application/vnd.oci.image.index.v1+json',
  'application/vnd.docker.distribution.manifest.list.v2+json',
  'application/vnd.oci.image.manifest.v1+json',
  'application/vnd.docker.distribution.manifest.v2+json',
] as const;

/** Whether a manifest of this type lists others, one per platform. */
export function isIndexMediaType(mediaType: string): boolean {
  return mediaType === manifestMediaTypes[0] || mediaType === manifestMediaTypes[1];
}

/** The type of a Content-Type header without its parameters, in lower case. */
export function bareMediaType(header: string | undefined): string {
  return (header ?? '').split(';', 1)[0]?.trim().toLowerCase() ?? '';
}
