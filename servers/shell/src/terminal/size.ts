/** Of every terminal, in characters. */
export const terminalSize = { columns: 120, rows: 40 } as const
