import fc from 'fast-check'
import iconv from 'iconv-lite'
import { describe, expect, test } from 'vitest'
import { textOf } from './document.fixture.js'
import { eolStyle, hasFinalNewline, parseDocument } from './document.js'

async function encodingOf(bytes: Buffer): Promise<string | undefined> {
  return (await parseDocument(bytes))?.encoding.name
}

describe('decoding', () => {
  test('whatever is taken for text gives its bytes back', async () => {
    const bytes = fc.oneof(
      fc.uint8Array({ maxLength: 60 }).map((bytes) => Buffer.from(bytes)),
      fc.uint8Array({ min: 32, maxLength: 60 }).map((bytes) => Buffer.from(bytes)),
      fc.string({ unit: 'binary' }).map((text) => Buffer.from(text)),
      fc.string({ unit: 'binary' }).map((text) => Buffer.from(`\ufeff${text}`, 'utf16le')),
    )
    await fc.assert(
      fc.asyncProperty(bytes, async (content) => {
        const document = await parseDocument(content)
        if (!document) return
        const { encoding } = document
        const text = textOf(document)
        expect(Buffer.concat([encoding.bom, encoding.encode(text)]).equals(Buffer.from(content))).toBe(true)
        // What could not be sent to a model as JSON and come back would be damaged on its way.
        expect(JSON.parse(JSON.stringify(text))).toBe(Buffer.from(text).toString())
      }),
    )
  })

  test.each([
    ['plain ASCII', Buffer.from('a\nb\n'), 'utf-8'],
    ['nothing', Buffer.alloc(0), 'utf-8'],
    ['UTF-8', Buffer.from('grüße 漢字 😀\n'), 'utf-8'],
    ['UTF-8 with a mark', Buffer.from('\ufeffa\n'), 'utf-8 bom'],
    ['UTF-16LE', Buffer.from('\ufeffa\n', 'utf16le'), 'utf-16le'],
    ['UTF-16BE', Buffer.from('\ufeffa\n', 'utf16le').swap16(), 'utf-16be'],
    ['UTF-8 with a stray byte', Buffer.from('e28496206f6b20c3a920ff0a', 'hex'), 'utf-8, invalid bytes'],
    ['a marked file with a stray byte', Buffer.from('efbbbf61ff0a', 'hex'), 'utf-8 bom, invalid bytes'],
    ['Western European', iconv.encode('Crème brûlée, déjà vu, façade – naïve\n', 'windows-1252'), 'windows-1252'],
    ['one accented letter', iconv.encode('caf\u00e9', 'latin1'), 'windows-1252'],
    ['German capitals', iconv.encode('Änderung: Öl bei 25°C\n', 'latin1'), 'windows-1252'],
    ['bytes that Windows-1252 lacks', Buffer.from('caf\u00e9 \u0081', 'latin1'), 'latin1'],
    [
      'Russian, Windows',
      iconv.encode('Этот файл нужен для проверки того, как определяется кодировка текста', 'windows-1251'),
      'windows-1251',
    ],
    [
      'Russian, KOI8',
      iconv.encode('Этот файл нужен для проверки того, как определяется кодировка текста', 'koi8-r'),
      'koi8-r',
    ],
    ['Chinese, simplified', iconv.encode('# 这是一个测试文件，用于检查编码\nprint("你好，世界")\n', 'gbk'), 'gbk'],
    ['Chinese, traditional', iconv.encode('這是一個測試檔案，用來檢查編碼是否正確\n', 'big5'), 'big5'],
    [
      'Japanese, Shift_JIS',
      iconv.encode('これはテストファイルです。漢字も含まれています。\n', 'shift_jis'),
      'shift_jis',
    ],
    ['Japanese, EUC', iconv.encode('これはテストファイルです。漢字も含まれています。\n', 'euc-jp'), 'euc-jp'],
    ['Korean', iconv.encode('이것은 인코딩을 확인하기 위한 시험 파일입니다\n', 'euc-kr'), 'euc-kr'],
  ])('%s', async (_, bytes, name) => {
    expect(await encodingOf(bytes)).toBe(name)
  })

  test.each([
    ['NUL bytes', Buffer.from('a\0b')],
    ['UTF-16 of odd length', Buffer.from('fffe610062', 'hex')],
    ['UTF-16 with half a character', Buffer.from('fffe00d86100', 'hex')],
    ['compressed data', Buffer.from('1f8b080c04ff3c9d9ac8c9e4e2d01bf1e0e1a90101f2f3fe02', 'hex')],
  ])('not: %s', async (_, bytes) => {
    expect(await parseDocument(bytes)).toBeUndefined()
  })

  test('a stray byte does not hide the characters around it', async () => {
    const document = await parseDocument(Buffer.from('c3a9c3a8ff0a', 'hex'))
    expect(document && textOf(document)).toBe('éè\uefff\n')
  })
})

describe('lines', () => {
  test('end with LF, CRLF and a lone CR, and with nothing else', async () => {
    const document = await parseDocument(Buffer.from('a\nb\r\nc\rd\fe\u0085f\u2028g\u2029h\vi'))
    expect(document?.lines.texts).toEqual(['a', 'b', 'c', 'd\fe\u0085f\u2028g\u2029h\vi'])
    expect(document?.lines.eols).toEqual(['\n', '\r\n', '\r', ''])
  })

  test.each([
    ['', 0, 'none', false],
    ['a', 1, 'none', false],
    ['\n', 1, 'lf', true],
    ['a\n', 1, 'lf', true],
    ['a\r\nb', 2, 'crlf', false],
    ['a\rb\r', 2, 'cr', true],
    ['a\r\nb\n', 2, 'mixed', true],
    ['\r\r\n', 2, 'mixed', true],
  ])('%j', async (text, count, style, final) => {
    const document = await parseDocument(Buffer.from(text))
    expect(document?.lines.texts.length).toBe(count)
    expect(document && eolStyle(document)).toBe(style)
    expect(document && hasFinalNewline(document)).toBe(final)
  })
})
