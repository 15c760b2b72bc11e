import type { Keyboard } from '../terminal/keyboard.js'
import type { Ledger } from './ledger.js'
import type { TerminalSwitch } from './terminal-switch.js'

/** What is typed into the terminal of one shell, and what becomes of it when nobody has read it. */
export interface Typing {
  /** False when too much waits there already, or there is no terminal. */
  type(text: string): boolean
  /** A command has ended: what was typed and not read is not for the next one, nor is its echo. */
  forget(): void
  /** Resolves when bash is ready for a command. */
  forgotten(): Promise<void>
}

export interface TypingOptions {
  keyboard(): Keyboard | undefined
  terminal: TerminalSwitch
  ledger: Pick<Ledger, 'ready' | 'expectForgetting'>
  /** Has bash read what waits in its terminal. */
  clear(): void
}

/** C-q: output that was held with C-s goes on. */
export const goOnKey = '\x11'

export function createTyping({ keyboard, terminal, ledger, clear }: TypingOptions): Typing {
  let isTyped = false
  let isForgetting = false
  return {
    type(text) {
      isTyped = true
      return keyboard()?.type(text) ?? false
    },
    forget() {
      if (!isTyped) return
      isTyped = false
      isForgetting = true
      keyboard()?.forget()
      keyboard()?.type(goOnKey)
      // Its echo is nobody's output.
      terminal.follow(() => {})
      ledger.expectForgetting()
      clear()
    },
    async forgotten() {
      await ledger.ready()
      if (isForgetting) await terminal.settle()
      isForgetting = false
    },
  }
}
