/** One message may be this large on a byte stream; a longer line means the peer does not speak the protocol. */
export const messageBytesMax = 64 * 1024 * 1024
