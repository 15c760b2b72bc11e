import { Ajv, type ErrorObject, type ValidateFunction } from 'ajv'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { withinTime } from '../within-time.js'

const problemsMax = 5
/** A schema that takes longer, such as one with a pattern made to, says nothing. */
export const schemaCheckMsMax = 250

/** What keeps arguments from fitting a tool's JSON Schema; undefined when they fit, or when nobody can say. */
export function schemaProblem(inputSchema: Record<string, unknown>, args: Record<string, unknown>): string | undefined {
  const errors = withinTime(() => {
    const fits = compiled(inputSchema)
    return fits(args) === false ? [...(fits.errors ?? [])] : []
  }, schemaCheckMsMax)
  if (!errors || errors.length === 0) return undefined
  const problems = [...new Set(errors.map(describe))]
  return problems.slice(0, problemsMax).join(' ')
}

const known = new WeakMap<object, ValidateFunction>()

/** Throws for a schema that nobody can compile: then it is left to the server that wrote it. */
function compiled(inputSchema: Record<string, unknown>): ValidateFunction {
  const found = known.get(inputSchema)
  if (found) return found
  // Nothing is fetched: a reference to elsewhere does not compile.
  const { $schema, ...schema } = inputSchema
  const isOld = typeof $schema === 'string' && /draft-0[3-7]/.test($schema)
  const validate = new (isOld ? Ajv : Ajv2020)(options).compile(schema)
  known.set(inputSchema, validate)
  return validate
}

const options = {
  allErrors: true,
  strict: false,
  validateFormats: false,
  validateSchema: false,
  logger: false,
} as const

function describe({ instancePath, keyword, params, message = 'does not fit' }: ErrorObject): string {
  const path = instancePath.split('/').slice(1).map(unescaped)
  const [key, text] =
    keyword === 'required'
      ? [params.missingProperty, 'is missing']
      : keyword === 'additionalProperties' || keyword === 'unevaluatedProperties'
        ? [params.additionalProperty ?? params.unevaluatedProperty, 'is unknown']
        : [undefined, keyword === 'enum' ? `must be one of ${JSON.stringify(params.allowedValues)}` : message]
  const field = [...path, ...(key === undefined ? [] : [String(key)])].join('.')
  return `${field === '' ? 'The arguments' : `"${field}"`}: ${text}.`
}

/** Of a JSON pointer. */
function unescaped(part: string): string {
  return part.replaceAll('~1', '/').replaceAll('~0', '~')
}
