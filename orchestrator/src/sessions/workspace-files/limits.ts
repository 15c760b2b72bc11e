/** Of one upload, as it comes over the wire. */
export const uploadBytesMax = 256 * 1024 * 1024
/** Of one uploaded or unpacked file. */
export const uploadFileBytesMax = 128 * 1024 * 1024
export const uploadFilesMax = 10_000
/** Of all that an archive unpacks to. */
export const unpackedBytesMax = 512 * 1024 * 1024
/** An archive may unpack to so many times its size; small ones always to `ratioFreeBytes`. */
export const unpackedRatioMax = 100
export const ratioFreeBytes = 1024 * 1024
export const pathBytesMax = 1_024
export const nameBytesMax = 255
export const pathDepthMax = 32
export const treeEntriesMax = 5_000
export const treeDepthMax = 10
export const downloadFilesMax = 50_000
export const downloadBytesMax = 2 * 1024 * 1024 * 1024
/** What a killed upload has left is cleared away by a later one when it is this old. */
export const stagingAgeMsMax = 60 * 60 * 1_000
