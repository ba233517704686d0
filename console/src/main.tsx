import '@mantine/core/styles.css'
import 'uplot/dist/uPlot.min.css'
import './app/style.css'
import { MantineProvider } from '@mantine/core'
import { QueryClient, QueryClientProvider } from '@tanstack/react-query'
import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { problemOf } from './api/call.ts'
import { App } from './app/app.tsx'
import { ClockProvider } from './app/clock.tsx'
import { theme } from './app/theme.ts'

/** What herald will answer the same way again is not asked again. */
function mayHelp(failures: number, error: unknown): boolean {
  const { status } = problemOf(error)
  return failures < 3 && (status === 0 || status >= 500)
}

const client = new QueryClient({
  defaultOptions: {
    queries: { retry: mayHelp, retryDelay: 1_000, staleTime: 2_000, refetchOnWindowFocus: true },
    mutations: { retry: false },
  },
})

const nonce = () =>
  document.querySelector<HTMLMetaElement>('meta[property="csp-nonce"]')?.nonce ?? ''
const root = document.querySelector('#root')
if (root)
  createRoot(root).render(
    <StrictMode>
      <MantineProvider theme={theme} defaultColorScheme="auto" getStyleNonce={nonce}>
        <QueryClientProvider client={client}>
          <ClockProvider>
            <App />
          </ClockProvider>
        </QueryClientProvider>
      </MantineProvider>
    </StrictMode>,
  )
