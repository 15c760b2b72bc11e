/** The part of node-pty that is used here; its own declarations carry another package's name. */
declare module 'node-pty' {
  export interface Pty {
    readonly pid: number
    /** Of the master side; does not block. */
    readonly fd: number
    /** Path of the slave side. */
    readonly ptsName: string
    onData(listener: (chunk: Buffer) => void): void
    onExit(listener: (exit: { exitCode: number; signal?: number }) => void): void
    resize(columns: number, rows: number): void
    destroy(): void
  }

  export interface PtyOptions {
    name: string
    cols: number
    rows: number
    cwd: string
    env: Record<string, string>
    /** Without one, data comes as bytes. */
    encoding: null
  }

  export function spawn(file: string, args: string[], options: PtyOptions): Pty
}
