/** What files that are not text begin with. */
const signatures: readonly (readonly [hex: string, type: string])[] = [
  ['89504e470d0a1a0a', 'image/png'],
  ['ffd8ff', 'image/jpeg'],
  ['474946383761', 'image/gif'],
  ['474946383961', 'image/gif'],
  ['25504446', 'application/pdf'],
  ['504b0304', 'application/zip (or a format built on it)'],
  ['1f8b', 'application/gzip'],
  ['425a68', 'application/x-bzip2'],
  ['fd377a585a00', 'application/x-xz'],
  ['28b52ffd', 'application/zstd'],
  ['377abcaf271c', 'application/x-7z-compressed'],
  ['7f454c46', 'ELF executable or library'],
  ['4d5a', 'Windows executable or library'],
  ['cafebabe', 'Java class or Mach-O binary'],
  ['cffaedfe', 'Mach-O binary'],
  ['0061736d', 'application/wasm'],
  ['53514c69746520666f726d6174203300', 'SQLite database'],
  ['4f676753', 'audio/ogg'],
  ['664c6143', 'audio/flac'],
  ['494433', 'audio/mpeg'],
  ['774f4646', 'font/woff'],
  ['774f4632', 'font/woff2'],
]

/** Types that models can look at. */
export const imageTypes: readonly string[] = ['image/png', 'image/jpeg', 'image/gif', 'image/webp']

/** The type of a file by its first bytes; `undefined` when they are not known. */
export function mediaTypeOf(bytes: Uint8Array): string | undefined {
  const head = Buffer.from(bytes.subarray(0, 16))
  const isRiff = head.toString('latin1', 0, 4) === 'RIFF'
  if (isRiff) return head.toString('latin1', 8, 12) === 'WEBP' ? 'image/webp' : 'RIFF audio or video'
  const hex = head.toString('hex')
  return signatures.find(([start]) => hex.startsWith(start))?.[1]
}
