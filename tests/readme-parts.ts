/** What stands in a README between `<!-- name -->` and `<!-- /name -->`. */
export function partOf(readme: string, name: string): string {
  const start = readme.indexOf(`<!-- ${name} -->`)
  const end = readme.indexOf(`<!-- /${name} -->`, start)
  if (start < 0 || end < 0) throw new Error(`The README has no part between <!-- ${name} --> and <!-- /${name} -->.`)
  return readme.slice(start, end)
}

/** The cells of a part's table, without its head. */
export function tableRows(readme: string, name: string): string[][] {
  const lines = partOf(readme, name)
    .split('\n')
    .filter((line) => line.startsWith('|'))
  const rows = lines.slice(2).map((line) =>
    line
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim()),
  )
  if (rows.length === 0) throw new Error(`The part ${name} of the README has no table.`)
  return rows
}

/** The code of a part, as it is shown. */
export function codeOf(readme: string, name: string): string {
  const code = /```\w*\n(.*?)```/s.exec(partOf(readme, name))?.[1]
  if (code === undefined) throw new Error(`The part ${name} of the README has no code.`)
  return code
}
