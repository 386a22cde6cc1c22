/** Every size, time and retry bound of the product, with its unit. */
export const limits = {
  /** A root of the most keys and certificates that are read is smaller. */
  rootBytes: 16 * 1024 * 1024,
  timestampBytes: 1024 * 1024,
  /**
   * Snapshot, targets and delegations: bound by the length their parent states, and by this, which is
   * room for some 200 000 tags. Notary's own client reads 100 MiB (notary const.go).
   */
  metadataBytes: 32 * 1024 * 1024,
  /** All trust data of one repository: what is read, verified and held in memory. */
  repositoryBytes: 128 * 1024 * 1024,
  /** Files of roles that are asked for by plain name, before anybody has stated their length. */
  prefetchedRoles: 32,
  prefetchedBytes: 8 * 1024 * 1024,
  /** Files of roles that are fetched at the same time. */
  concurrentRoleFiles: 8,
  /** Keys of a role, each counted once: of root, targets, snapshot and timestamp, and of others. */
  keysPerBaseRole: 64,
  keysPerRole: 1024,
  /** Beginnings of tags that a delegation may be limited to. */
  pathsPerRole: 256,
  /** Different signatures of a file, and those of them that claim to be of one key. */
  signaturesPerFile: 1024,
  signaturesPerKey: 8,
  /** Signatures that are checked for one repository, and the bytes that are hashed for them. */
  signatureChecks: 8192,
  signedBytes: 1024 * 1024 * 1024,
  serverKeyBytes: 256 * 1024,
  errorBodyBytes: 64 * 1024,
  manifestBytes: 4 * 1024 * 1024,
  tokenBytes: 1024 * 1024,
  /** An envelope; notation reads as much. */
  signatureEnvelopeBytes: 32 * 1024 * 1024,
  /** Signatures of one image that are read, as many as notation reads; and those at the same time. */
  signaturesPerImage: 100,
  concurrentSignatures: 4,
  /** What is shown of a text in a signature that nobody vouches for, and of its metadata, in characters. */
  claimLength: 1_000,
  claimedMetadataLength: 16 * 1024,
  /** A trust policy, a file of a trust store, any certificate that an input names; and the files of one store. */
  trustFileBytes: 1024 * 1024,
  trustStoreFiles: 1_000,
  /** Pages of a list of Resource Manager, and of one of a registry. */
  armPages: 20,
  listPages: 1_000,
  /** Artifacts that are attached to one image. */
  referrers: 10_000,
  /** How long the list of a registry without referrers API is watched after it was written, about. */
  referrersSettleMs: 1_000,
  /** How long an entry of that list is written again that others overwrite. */
  referrersDeadlineMs: 120_000,
  /** A blob is sent in pieces of this size; as much is held in memory for each that is under way. */
  blobChunkBytes: 8 * 1024 * 1024,
  /** How long one piece may take on its way to the registry. */
  blobChunkTimeoutMs: 5 * 60_000,
  /** Blobs that are copied at the same time. */
  concurrentBlobs: 4,
  /** How often the copying of one blob is begun. */
  blobTries: 3,
  /** An image of more manifests, or of more levels of indexes, is not copied. */
  manifestsPerImage: 512,
  indexDepth: 4,
  /** A file that nobody has validly signed is not followed beyond this version: it would end the numbers. */
  unsignedVersion: 1_000_000,
  /** A chain of root versions longer than this is not followed. */
  rootRotations: 1024,
  delegationDepth: 16,
  /** Certificates that come with one key: a leaf and its intermediates. */
  certificatesPerKey: 16,
  /** Certificates in a file that is a pin; the bundle of all public authorities has 150. */
  pinnedAuthorities: 512,
  /** Signatures checked on the way from a certificate to a pinned authority; Go has the same. */
  pathSignatures: 100,
  delegations: 1024,
  /** A registry login older than this is made anew before it is used (it lasts 3 hours, once 35 min). */
  registryLoginMs: 20 * 60_000,
  /** How long a registry login lasts that does not say so (ACR's refresh tokens: 3 hours). */
  registryLoginLifetimeMs: 3 * 60 * 60_000,
  /** How long a connection is kept that nobody uses: less than any server keeps it (Node.js: 5 s). */
  idleConnectionMs: 4_000,
  /** Requests of the whole process that are under way at the same time. */
  concurrentRequests: 32,
  /** One request with all its tries; and one try of a request that may be repeated. */
  httpTimeoutMs: 60_000,
  httpTryMs: 18_000,
  httpRetries: 3,
  /** How long a proxy may take to open a connection. */
  proxyConnectMs: 15_000,
  /** How long requests that are paced may be turned away by a limit of the server, each of them. */
  pacedMs: 15 * 60_000,
  /** A wait is told to the user each time it has lasted this much longer. */
  waitReportMs: 15_000,
  /** A program that says nothing is told of each time this has passed. */
  silenceReportMs: 2 * 60_000,
  httpRetryBaseMs: 500,
  httpRetryCapMs: 10_000,
  /** How long a publish may go on meeting version conflicts. */
  publishDeadlineMs: 120_000,
  publishRetryBaseMs: 100,
  publishRetryCapMs: 3_000,
  /** How long a server may take until a reader sees what it accepted. */
  readBackDeadlineMs: 20_000,
  /** How often a publish is sent whose answers leave open whether it took effect. */
  publishUncertainTries: 4,
  /** Lifetimes as Notary and Docker write them (notary const.go). */
  rootLifetimeDays: 10 * 365,
  targetsLifetimeDays: 3 * 365,
  /** Six months, as in notary client/client.go: warn, and sign a role again if we may anyway. */
  expiryWarningDays: 183,
  /** A compose file, a file of Kubernetes manifests, or a list of images. */
  imageFileBytes: 16 * 1024 * 1024,
  /** One document of it, in characters: Kubernetes itself takes objects of at most 3 MiB. */
  yamlDocumentLength: 4 * 1024 * 1024,
  /** How deep maps and lists may lie in each other; the deepest in use are some dozens. */
  yamlDepth: 256,
  /** Keys that maps take over from others, in one document. */
  yamlMergedKeys: 100_000,
  /** Files in the folders that are given, and how deep these folders go. */
  imageFiles: 10_000,
  imageFolderDepth: 32,
  /** Folders in which a Dockerfile is searched for by a pattern, and those that a message lists. */
  searchedFolders: 100_000,
  listedDockerfiles: 10,
  /** The configuration of an image, which says when it was made. */
  imageConfigBytes: 8 * 1024 * 1024,
  /** Written to find out whether a disk has room for what a run leaves behind. */
  outputProbeBytes: 64 * 1024,
  /** Answers of OCSP responders, CRLs and time stamping authorities; notation has the same. */
  ocspBytes: 20 * 1024,
  ocspMs: 2_000,
  crlBytes: 32 * 1024 * 1024,
  crlMs: 5_000,
  timestampReplyBytes: 1024 * 1024,
  timestampReplyMs: 15_000,
  /** Addresses of either kind that a certificate may name for its revocation. */
  revocationAddresses: 8,
  /** How far the clock of whoever answers about revocation may be ahead of ours. */
  clockSkewMs: 5 * 60_000,
  /** Tags of one repository that the registry is asked for, or given, at the same time. */
  concurrentTags: 16,
  /** How old a look at a tag may be that is right before a publish. */
  freshLookMs: 5_000,
  /** Repositories that are verified at the same time. */
  concurrentRepositories: 8,
  /** How runs that signed the same tag bring registry and trust data to agree. */
  reconcilePauseMs: 100,
  /** How long whoever put something else under a tag gets to look again, before we put ours. */
  reconcileGraceMs: 2_000,
  reconcileDeadlineMs: 20_000,
  /** How often a file that another program holds is tried, and the pause that grows with each try. */
  fileBusyTries: 10,
  fileBusyPauseMs: 100,
  /** Lines of one message on bad inputs. */
  shownProblems: 25,
  /** What a cache folder holds of one repository: its trust data in base64. */
  trustCacheBytes: 180 * 1024 * 1024,
  keyFileBytes: 64 * 1024,
  /** A folder of keys, or an archive of one: its key files, and everything else that lies there. */
  keyStoreFiles: 1_000,
  keyStoreEntries: 20_000,
  /** As deep as the folders of old key stores can lie, which spell out the name of a repository. */
  keyStoreDepth: 32,
  /** An archive of keys as it is, and unpacked: it may hold the trust data of many repositories. */
  keyArchiveBytes: 32 * 1024 * 1024,
  keyArchiveUnpackedBytes: 64 * 1024 * 1024,
  /** The most PBKDF2 rounds a key file may ask for; the most in use anywhere is near a million. */
  pbkdf2Iterations: 5_000_000,
  /** The same of PKCS#12, whose rounds are ours to run. */
  pkcs12Iterations: 1_000_000,
  /** One token of Entra ID, with everything that is asked for it and all retries. */
  signInDeadlineMs: 90_000,
  /** A program that is asked for a token: Azure CLI, Azure PowerShell, Azure Developer CLI. */
  tokenProgramMs: 40_000,
  /** One answer of Resource Manager, with its sign-in and all retries; nothing there is needed to sign. */
  armDeadlineMs: 60_000,
  /** One operation on Key Vault, with its sign-in and all its retries. */
  vaultDeadlineMs: 180_000,
  /** Keys of a vault that are read at the same time when it is listed. */
  concurrentVaultKeys: 8,
  /** A file of a backup folder; Key Vault's backups of keys with many versions take some hundred KiB. */
  backupFileBytes: 16 * 1024 * 1024,
  /** How many versions of a key are looked at to find the one that a repository lists. */
  keyVersionsRead: 24,
  /** How long a child process gets to end after it was asked to, before it is killed. */
  childGraceMs: 5_000,
  /** How long a run that was asked to stop gets to clean up, before it is left as it is. */
  shutdownGraceMs: 30_000,
  /** A job summary; GitHub drops one of more than 1 MiB. */
  summaryBytes: 900 * 1024,
  /** The message of a failure, and its remedy; hosts cut annotations that are longer. */
  failureBytes: 16 * 1024,
  /** Warnings that are told one by one; the report has all. */
  warningsShown: 100,
  /** A private folder of this age belongs to no run, wherever that was: jobs end before. */
  abandonedAfterMs: 7 * 24 * 60 * 60_000,
  /** How long a process that is done waits for its output to be taken. */
  outputFlushMs: 120_000,
} as const;
