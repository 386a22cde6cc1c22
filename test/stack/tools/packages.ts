/**
 * Which Debian packages the stack runs, and what it takes from them. Data only: the folder the
 * packages are unpacked into is named by a hash of this table, so a change here is a fresh download.
 */

/** The releases of Debian that packages come from. */
export type Suite = 'bookworm' | 'trixie';

/**
 * The engine of Debian 12 (20.10, the classic builder at its best) with registry and Notary, and
 * the engine of Debian 13 (26.1: BuildKit, buildx, containerd image store). runc is Debian 12's for
 * both: it needs no newer library than the oldest system we run on.
 */
export const DEBIAN_PACKAGES: Readonly<Record<Suite, readonly string[]>> = {
  bookworm: [
    'docker.io',
    'containerd',
    'runc',
    'tini',
    'docker-registry',
    'notary',
    'busybox-static',
  ],
  trixie: ['docker.io', 'docker-cli', 'docker-buildx', 'containerd'],
};

/** Debian 12's libraries for the programs above; only those the system lacks are used. */
export const LIBRARY_PACKAGES: readonly string[] = [
  'libcap2',
  'libdevmapper1.02.1',
  'libgcrypt20',
  'libgpg-error0',
  'liblz4-1',
  'liblzma5',
  'libpcre2-8-0',
  'libseccomp2',
  'libselinux1',
  'libsystemd0',
  'libudev1',
  'libzstd1',
];

/** Programs by their place below the unpacked suite. */
export const PROGRAMS = {
  docker20: 'bookworm/usr/bin/docker',
  dockerd20: 'bookworm/usr/sbin/dockerd',
  containerd20: 'bookworm/usr/bin/containerd',
  shim20: 'bookworm/usr/bin/containerd-shim-runc-v2',
  runc: 'bookworm/usr/sbin/runc',
  tini: 'bookworm/usr/bin/tini-static',
  registry: 'bookworm/usr/bin/docker-registry',
  notary: 'bookworm/usr/bin/notary',
  notaryServer: 'bookworm/usr/bin/notary-server',
  busybox: 'bookworm/bin/busybox',
  docker26: 'trixie/usr/bin/docker',
  dockerd26: 'trixie/usr/sbin/dockerd',
  containerd26: 'trixie/usr/bin/containerd',
  shim26: 'trixie/usr/bin/containerd-shim-runc-v2',
  buildx: 'trixie/usr/libexec/docker/cli-plugins/docker-buildx',
} as const;

export type Program = keyof typeof PROGRAMS;

/** Node releases that bundles are tested with. */
export const NODE_MAJORS = [20, 24] as const;
export type NodeMajor = (typeof NODE_MAJORS)[number];
