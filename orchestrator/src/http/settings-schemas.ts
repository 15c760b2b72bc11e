import { z } from 'zod'
import { limitsSchema } from '../events/index.js'

const livingState = z.enum(['auto', 'append', 'refresh'])
const from = z.enum(['flags', 'environment', 'file', 'settings', 'default'])

/** A value, null where the model's or the loop's own default holds, and the source that says so. */
const stated = <Schema extends z.ZodType>(value: Schema) => z.object({ value: value.nullable(), from })

export const settingsSchema = z
  .object({
    model: stated(z.string()),
    secondaryModel: stated(z.string()),
    thinking: stated(z.boolean()),
    livingState: stated(livingState),
    limits: stated(limitsSchema),
  })
  .meta({ id: 'Settings' })

export const settingsPatchSchema = z
  .strictObject({
    model: z.string().min(1).nullable().optional(),
    secondaryModel: z.string().min(1).nullable().optional(),
    thinking: z.boolean().nullable().optional(),
    livingState: livingState.nullable().optional(),
    limits: limitsSchema.strict().nullable().optional(),
  })
  .meta({ id: 'SettingsPatch' })

export const settingsAnswerSchema = z.object({ settings: settingsSchema })
