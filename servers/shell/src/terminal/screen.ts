import { EventEmitter, once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { terminalSize } from './size.js'

export type EmulatorModule = Pick<typeof import('@xterm/headless'), 'Terminal'>
type Emulator = InstanceType<EmulatorModule['Terminal']>

export interface ScreenOptions {
  /** Called with the first command on a terminal. */
  load(): Promise<{ default: EmulatorModule }>
  /** A terminal answers some of what programs write, such as the question where the cursor is. */
  onReply(text: string): void
}

/** What somebody would see who sat at the terminal of a command. */
export interface Screen {
  write(chunk: Buffer): void
  /** Everything that was written before this call has had its effect. Rejects where there is no emulator. */
  look(): Promise<Picture>
  /** What it shows now, and after what has been written already, is what it shows from now on. */
  close(): void
}

export interface Picture {
  columns: number
  rows: number
  /** One for each row, without blanks at the end. */
  lines: readonly string[]
  /** From 1. */
  cursor: { row: number; column: number }
  /** The program has taken the whole screen, as editors and pagers do. */
  isFullScreen: boolean
  /** Text in inverse video, which is how most programs show what is selected; the first pieces of it. */
  highlighted: readonly { row: number; text: string }[]
  /** Bytes that came faster than a screen can be drawn, and were passed over. */
  skippedBytes: number
}

/** More that is not drawn yet is passed over but for its end: whoever looks sees nothing of it. */
const undrawnBytesMax = 1024 * 1024
const endBytesMax = 16 * 1024
/** Whoever writes so much must not keep the server busy with drawing. */
const restMs = 50
const highlightedMax = 8

export function openScreen({ load, onReply }: ScreenOptions): Screen {
  const undrawn: Buffer[] = []
  const events = new EventEmitter<{ drawn: [] }>().setMaxListeners(0)
  let undrawnBytes = 0
  let writtenBytes = 0
  /** Drawn or passed over. */
  let settledBytes = 0
  let skippedBytes = 0
  let isTooMuch = false
  let isDrawing = false
  let isClosed = false
  let last: Picture | undefined
  let opened: Promise<Emulator> | undefined

  const open = async (): Promise<Emulator> => {
    const { Terminal } = (await load()).default
    const { columns, rows } = terminalSize
    const emulator = new Terminal({ cols: columns, rows, scrollback: 0, allowProposedApi: true })
    emulator.onData((reply) => {
      if (!isClosed) onReply(reply)
    })
    return emulator
  }
  const emulatorNow = (): Promise<Emulator> => {
    opened ??= open()
    return opened
  }
  const passOver = (): void => {
    const end = endOf(Buffer.concat(undrawn))
    const bytes = undrawnBytes - end.length
    undrawn.splice(0, undrawn.length, end)
    undrawnBytes = end.length
    skippedBytes += bytes
    settledBytes += bytes
    isTooMuch = true
  }
  const draw = async (): Promise<void> => {
    const emulator = await emulatorNow()
    for (let part = undrawn.shift(); part !== undefined; part = undrawn.shift()) {
      const { length } = part
      undrawnBytes -= length
      await new Promise<void>((resolve) => emulator.write(part ?? '', resolve))
      settledBytes += length
      events.emit('drawn')
      if (isTooMuch) await sleep(restMs, undefined, { ref: false })
      isTooMuch = false
    }
  }
  const start = (): void => {
    if (isDrawing) return
    isDrawing = true
    // That a screen cannot be drawn is told to whoever looks at it.
    const end = (): void => {
      isDrawing = false
    }
    void draw().then(end, end)
  }
  const picture = async (): Promise<Picture> => {
    const upTo = writtenBytes
    const emulator = await emulatorNow()
    while (settledBytes < upTo) await once(events, 'drawn')
    return { ...pictureOf(emulator), skippedBytes }
  }

  return {
    write(chunk) {
      if (isClosed) return
      undrawn.push(chunk)
      undrawnBytes += chunk.length
      writtenBytes += chunk.length
      if (undrawnBytes > undrawnBytesMax) passOver()
      start()
    },
    look: async () => last ?? picture(),
    close() {
      if (isClosed) return
      isClosed = true
      void picture().then(
        (shown) => {
          last = shown
          void emulatorNow().then((emulator) => emulator.dispose())
        },
        () => {},
      )
    },
  }
}

/** The last of it, from the beginning of a line on, so that no half of a control sequence is shown. */
function endOf(bytes: Buffer): Buffer {
  const end = bytes.subarray(-endBytesMax)
  return end.subarray(end.indexOf(lineFeed) + 1)
}

const lineFeed = 0x0a

function pictureOf({ buffer: { active }, cols, rows }: Emulator): Omit<Picture, 'skippedBytes'> {
  const lines = Array.from({ length: rows }, (_, row) => active.getLine(active.viewportY + row))
  return {
    columns: cols,
    rows,
    lines: lines.map((line) => line?.translateToString(true).trimEnd() ?? ''),
    cursor: { row: active.cursorY + 1, column: active.cursorX + 1 },
    isFullScreen: active.type === 'alternate',
    highlighted: lines
      .flatMap((line, row) => inverseIn(line, cols).map((text) => ({ row: row + 1, text })))
      .slice(0, highlightedMax),
  }
}

type Line = NonNullable<ReturnType<Emulator['buffer']['active']['getLine']>>

function inverseIn(line: Line | undefined, columns: number): string[] {
  const pieces: string[] = []
  let piece = ''
  for (let column = 0; column < columns; column += 1) {
    const cell = line?.getCell(column)
    const isInverse = cell !== undefined && cell.isInverse() !== 0
    if (isInverse) piece += cell.getWidth() === 0 ? '' : cell.getChars() || ' '
    if (isInverse && column < columns - 1) continue
    if (piece.trim() !== '') pieces.push(piece.trim())
    piece = ''
  }
  return pieces
}
