import { digest } from './digest.ts'

export async function usesCrypto(): Promise<string> {
  return digest('x')
}
