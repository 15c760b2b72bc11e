import type Docker from 'dockerode'
import { SandboxError } from '../sandbox.js'
import { archiveOf } from './archive.js'
import type { ImageOptions } from './options.js'
import { readProgress } from './progress.js'
import { type Recipe, readRecipe } from './recipe.js'

export interface BuildRequest {
  docker: Pick<Docker, 'buildImage'>
  options: ImageOptions
  /** Called with each line that the engine and the programs of the build say. */
  onProgress?(line: string): void
  signal?: AbortSignal
}

export const imageLabel = 'com.auroracoder.image'

/** Builds the image and answers its tag. Throws `SandboxError` when the build fails, the signal's reason at an abort. */
export async function buildImage({ docker, options, onProgress, signal }: BuildRequest): Promise<string> {
  signal?.throwIfAborted()
  const recipe = await readRecipe(options)
  const archive = archiveOf(recipe.files)
  try {
    const answer = await docker.buildImage(archive, buildOptions(recipe, signal))
    await readProgress(answer, onProgress)
    return recipe.tag
  } catch (cause) {
    signal?.throwIfAborted()
    if (cause instanceof SandboxError) throw cause
    const problem = cause instanceof Error ? cause.message : String(cause)
    throw new SandboxError(`The engine did not build the image of the sandbox: ${problem}`, { cause })
  } finally {
    archive.destroy()
  }
}

function buildOptions({ tag, target, buildArgs }: Recipe, signal: AbortSignal | undefined): Docker.ImageBuildOptions {
  return {
    version: '1',
    t: tag,
    target,
    buildargs: buildArgs,
    labels: { [imageLabel]: '1' },
    rm: true,
    forcerm: true,
    ...(signal ? { abortSignal: signal } : {}),
  }
}
