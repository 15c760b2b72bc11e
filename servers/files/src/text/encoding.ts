/** How the bytes of one file become text and back. Chosen only when decoding and encoding give the same bytes. */
export interface Encoding {
  /** As shown in the header of a view. */
  readonly name: string
  /** The byte order mark that the file begins with; empty for none. It is not part of the text. */
  readonly bom: Uint8Array
  /** Whether texts one after the other always have the bytes of each one after the other, and the reverse. */
  readonly concatenates: boolean
  decode(body: Uint8Array): string
  /** Characters that the encoding lacks come back different when decoded: callers compare. */
  encode(text: string): Buffer
}

const noBom = new Uint8Array(0)

export const utf8: Encoding = unicode('utf-8', noBom, 'utf8')
export const utf8Bom: Encoding = unicode('utf-8 bom', Uint8Array.of(0xef, 0xbb, 0xbf), 'utf8')
export const utf16le: Encoding = unicode('utf-16le', Uint8Array.of(0xff, 0xfe), 'utf16le')
/** Every byte is one character: lossless for anything. */
export const latin1: Encoding = unicode('latin1', noBom, 'latin1')

export const utf16be: Encoding = {
  name: 'utf-16be',
  bom: Uint8Array.of(0xfe, 0xff),
  concatenates: true,
  decode: (body) => Buffer.from(body).swap16().toString('utf16le'),
  encode: (text) => Buffer.from(text, 'utf16le').swap16(),
}

/** The parts of iconv-lite that are used; it is loaded on the first file that needs it. */
export interface Iconv {
  decode(bytes: Uint8Array, name: string, options: { stripBOM: boolean }): string
  encode(text: string, name: string, options: { addBOM: boolean }): Buffer
}

export function legacy(name: string, iconv: Iconv): Encoding {
  return {
    name,
    bom: noBom,
    concatenates: false,
    decode: (body) => iconv.decode(body, name, { stripBOM: false }),
    encode: (text) => iconv.encode(text, name, { addBOM: false }),
  }
}

function unicode(name: string, bom: Uint8Array, bufferEncoding: 'utf8' | 'utf16le' | 'latin1'): Encoding {
  return {
    name,
    bom,
    concatenates: true,
    decode: (body) => Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString(bufferEncoding),
    encode: (text) => Buffer.from(text, bufferEncoding),
  }
}
