import { parseSync, Visitor } from 'vite'

/** What the rules need to know about one file. */
export interface Source {
  /** From the checkout, with forward slashes. */
  file: string
  /** Everything it imports or re-exports, also types and on demand. */
  imports: readonly string[]
  /** Those of `imports` that are there when the program runs. */
  importsOfValues: readonly string[]
  /** Those of `imports` that are loaded by `import()`. */
  importsOnDemand: readonly string[]
  hasExportAll: boolean
  /** Nothing but `export { a, b } from '…'`. */
  listsNamesOnly: boolean
  isTest: boolean
}

/** By a real parser: sources hold programs in template strings, whose imports are nobody's. */
export function parseSource(file: string, text: string): Source {
  const { program, errors } = parseSync(file, text)
  if (errors.length > 0) throw new Error(`${file} cannot be parsed: ${errors[0]?.message}`)
  const imports: string[] = []
  const importsOfValues: string[] = []
  const importsOnDemand: string[] = []
  const add = (specifier: string, isType: boolean) => {
    imports.push(specifier)
    if (!isType) importsOfValues.push(specifier)
  }
  let hasExportAll = false
  new Visitor({
    ImportDeclaration: ({ source, importKind }) => add(source.value, importKind === 'type'),
    ExportNamedDeclaration: ({ source, exportKind }) => void (source && add(source.value, exportKind === 'type')),
    ExportAllDeclaration({ source }) {
      add(source.value, false)
      hasExportAll = true
    },
    ImportExpression({ source }) {
      if (source.type !== 'Literal' || typeof source.value !== 'string') {
        throw new Error(`${file} imports something computed; the table of arrows cannot see what.`)
      }
      add(source.value, false)
      importsOnDemand.push(source.value)
    },
    TSImportType: ({ source }) => void imports.push(source.value),
  }).visit(program)
  return {
    file,
    imports,
    importsOfValues,
    importsOnDemand,
    hasExportAll,
    listsNamesOnly: program.body.every((node) => node.type === 'ExportNamedDeclaration' && node.declaration === null),
    isTest: /\.(test|suite|fixture)\.ts$/.test(file),
  }
}
