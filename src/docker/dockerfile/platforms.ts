/**
 * Platform values as builders understand them: however they are spelled, BuildKit works with their
 * normal form (containerd/platforms, Parse and Normalize). Pure.
 */

/** A platform in its normal form. */
interface Platform {
  readonly os: string;
  readonly architecture: string;
  /** Empty for most. */
  readonly variant: string;
}

/**
 * Reads `OS/ARCHITECTURE` or `OS/ARCHITECTURE/VARIANT`. Undefined for anything else: a value with
 * one part is completed by the machine that reads it, and one with a version is seldom.
 */
export function parsePlatform(text: string): Platform | undefined {
  const parts = text.split('/');
  if (parts.length < 2 || parts.length > 3) return undefined;
  if (!parts.every((part) => /^[A-Za-z0-9_.-]+$/.test(part))) return undefined;
  const [os = '', architecture = '', variant = ''] = parts.map((part) => part.toLowerCase());
  const machine = normalMachine(architecture, variant);
  return machine && { os: os === 'macos' ? 'darwin' : os, ...machine };
}

/** `linux/arm/v7` */
export function formatPlatform({ os, architecture, variant }: Platform): string {
  return [os, architecture, variant].filter((part) => part !== '').join('/');
}

function normalMachine(architecture: string, variant: string): Omit<Platform, 'os'> | undefined {
  switch (architecture) {
    case 'i386':
      return { architecture: '386', variant: '' };
    case 'x86_64':
    case 'x86-64':
    case 'amd64':
      return { architecture: 'amd64', variant: variant === 'v1' ? '' : variant };
    case 'aarch64':
    case 'arm64':
      // Versions do not agree on these spellings.
      if (['v8.0', '9', '9.0', 'v9.0'].includes(variant)) return undefined;
      return {
        architecture: 'arm64',
        variant: variant === '8' || variant === 'v8' ? '' : variant,
      };
    case 'armhf':
      return { architecture: 'arm', variant: 'v7' };
    case 'armel':
      return { architecture: 'arm', variant: 'v6' };
    case 'arm':
      if (variant === '' || variant === '7') return { architecture, variant: 'v7' };
      return { architecture, variant: /^[568]$/.test(variant) ? `v${variant}` : variant };
    default:
      return { architecture, variant };
  }
}
