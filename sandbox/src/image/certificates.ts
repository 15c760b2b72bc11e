import { X509Certificate } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { SandboxError } from '../sandbox.js'

/** The certificates of a PEM file and nothing else that it holds: a private key must not get into an image. */
export async function readCertificates(file: string): Promise<Buffer> {
  const text = await readFile(file, 'utf8').catch((cause) => {
    throw new SandboxError(`The certificates in "${file}" cannot be read. Name a PEM file.`, { cause })
  })
  const found = text.match(pemCertificate) ?? []
  if (found.length === 0) {
    throw new SandboxError(`"${file}" holds no certificate. It must be a PEM file: -----BEGIN CERTIFICATE-----.`)
  }
  for (const [at, pem] of found.entries()) checkCertificate(pem, `Certificate ${at + 1} of "${file}"`)
  return Buffer.from(`${found.join('\n')}\n`)
}

const pemCertificate = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g

function checkCertificate(pem: string, what: string): void {
  try {
    new X509Certificate(pem)
  } catch (cause) {
    throw new SandboxError(`${what} is damaged. Export it again, as PEM.`, { cause })
  }
}
