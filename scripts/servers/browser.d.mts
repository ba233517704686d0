export function findBrowser(
  environment?: Record<string, string | undefined>,
): Promise<string | undefined>
export function getBrowser(say: (line: string) => void): Promise<string>
