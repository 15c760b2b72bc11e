import { join } from 'node:path'
import { z } from 'zod'
import { limitsSchema } from '../events/index.js'
import { createJsonFile } from '../kept/index.js'
import type { Config, Origin } from './config.js'

export const settingsFileName = 'settings.json'

/** What can be set while the service runs; it holds from the next run on. */
export const keptSettingsSchema = z.strictObject({
  model: z.string().min(1).optional(),
  /** For summaries. */
  secondaryModel: z.string().min(1).optional(),
  thinking: z.boolean().optional(),
  livingState: z.enum(['auto', 'append', 'refresh']).optional(),
  limits: limitsSchema.strict().optional(),
})

export type KeptSettings = z.infer<typeof keptSettingsSchema>
export type SettingName = keyof KeptSettings

/** null forgets what was kept. */
export type SettingsPatch = { [Name in SettingName]?: KeptSettings[Name] | null | undefined }

/** Each setting's value, null where the provider's or the loop's own holds, and who says so. */
export type SettingsView = {
  [Name in SettingName]-?: { value: NonNullable<KeptSettings[Name]> | null; from: Origin | 'settings' | 'default' }
}

/** Flags, environment or file say what a setting is, and no change here would be seen. */
export interface SettingConflict {
  message: string
  details: { setting: SettingName; from: Origin }
}

export interface RunningSettings {
  /** What holds now: of each setting what its highest source says. */
  current(): KeptSettings
  view(): SettingsView
  /** The first of the changes that a higher source forbids; ask before `patch`. */
  fixedBy(changes: SettingsPatch): SettingConflict | undefined
  patch(changes: SettingsPatch): Promise<SettingsView>
}

const places: Record<Origin, string> = {
  flags: 'the command line',
  environment: 'the environment (AURORACODER_…)',
  file: 'auroracoder.config.json',
}

/** Rejects with a `Failure` that names the file when what is kept cannot be understood. */
export async function openSettings({ dataDir, fixed }: Pick<Config, 'dataDir' | 'fixed'>): Promise<RunningSettings> {
  const file = createJsonFile({ file: join(dataDir, settingsFileName), schema: keptSettingsSchema, empty: {} })
  let kept = await file.read()

  const view = (): SettingsView => ({
    model: fixed.model ?? keptOr(kept.model, null),
    secondaryModel: fixed.secondaryModel ?? keptOr(kept.secondaryModel, null),
    thinking: fixed.thinking ?? keptOr(kept.thinking, null),
    livingState: fixed.livingState ?? keptOr(kept.livingState, 'auto'),
    limits: fixed.limits ?? keptOr(kept.limits, null),
  })

  return {
    view,
    current() {
      const { model, secondaryModel, thinking, livingState, limits } = view()
      return {
        model: model.value ?? undefined,
        secondaryModel: secondaryModel.value ?? undefined,
        thinking: thinking.value ?? undefined,
        livingState: livingState.value ?? undefined,
        limits: limits.value ?? undefined,
      }
    },
    fixedBy(changes) {
      for (const setting of keptSettingsSchema.keyof().options) {
        const from = fixed[setting]?.from
        if (changes[setting] === undefined || from === undefined) continue
        const message = `"${setting}" is fixed by ${places[from]}, which wins over what is set here. Change it there and start again.`
        return { message, details: { setting, from } }
      }
      return undefined
    },
    async patch(changes) {
      kept = await file.change((before) => keptSettingsSchema.parse(withoutNull({ ...before, ...defined(changes) })))
      return view()
    },
  }
}

function keptOr<Value, Default>(value: Value | undefined, otherwise: Default) {
  return value === undefined ? { value: otherwise, from: 'default' as const } : { value, from: 'settings' as const }
}

function defined(changes: SettingsPatch): object {
  return Object.fromEntries(Object.entries(changes).filter(([, value]) => value !== undefined))
}

function withoutNull(settings: object): object {
  return Object.fromEntries(Object.entries(settings).filter(([, value]) => value !== null))
}
