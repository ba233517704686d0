import { ActionIcon, Button, Menu, useMantineColorScheme } from '@mantine/core'
import { Link, useLocation } from 'wouter'
import { useLogout } from '../api/session.ts'
import type { Session } from '../api/types.ts'
import { useClock } from './clock.tsx'
import { Icon } from '../parts/icon.tsx'
import { PLACES, SETTINGS } from './places.ts'

type Props = { session: Session; menu: () => void; find: () => void; help: () => void }

export function TopBar({ session, menu, find, help }: Props) {
  return (
    <header className="top">
      <ActionIcon
        className="menu-button"
        variant="subtle"
        size={40}
        aria-label="Show the places"
        onClick={menu}
      >
        <Icon name="menu" />
      </ActionIcon>
      <Breadcrumb />
      <Button variant="default" size="compact-sm" onClick={find}>
        Search{' '}
        <span className="kbd hide-small" style={{ marginLeft: 8 }}>
          ⌘K
        </span>
      </Button>
      <Zone />
      <Scheme />
      <Person session={session} help={help} />
    </header>
  )
}

function Breadcrumb() {
  const [location] = useLocation()
  const place = [...PLACES, ...SETTINGS].find(
    ({ path }) => path !== '/' && location.startsWith(path),
  )
  const isDeeper = place && location !== place.path
  return (
    <div className="top-place muted">
      {location.startsWith('/settings') && <span className="hide-small">Settings /</span>}
      {isDeeper ? (
        <Link href={place.path}>{place.name}</Link>
      ) : (
        <span>{place?.name ?? 'Overview'}</span>
      )}
    </div>
  )
}

function Zone() {
  const { zone, setZone } = useClock()
  const other = zone === 'UTC' ? 'local' : 'UTC'
  return (
    <button
      type="button"
      className="quiet-button"
      title={`Times are ${zone}; change to ${other}`}
      onClick={() => setZone(other)}
    >
      {zone}
    </button>
  )
}

function Scheme() {
  const { colorScheme, setColorScheme } = useMantineColorScheme()
  const next = { auto: 'light', light: 'dark', dark: 'auto' } as const
  return (
    <button
      type="button"
      className="quiet-button"
      title={`Colours: ${colorScheme}; change to ${next[colorScheme]}`}
      aria-label={`Colours: ${colorScheme}`}
      onClick={() => setColorScheme(next[colorScheme])}
    >
      <Icon name={colorScheme} />
    </button>
  )
}

function Person({ session, help }: { session: Session; help: () => void }) {
  const logOut = useLogout()
  return (
    <Menu position="bottom-end" transitionProps={{ duration: 100 }}>
      <Menu.Target>
        <Button variant="subtle" size="compact-sm" color="gray">
          {session.role}
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>
          {session.key}
          <br />
          tenant: {session.tenant ?? 'default'}
        </Menu.Label>
        <Menu.Item onClick={help}>Shortcuts</Menu.Item>
        <Menu.Item component="a" href="/docs">
          API reference
        </Menu.Item>
        <Menu.Item component="a" href="/docs/guides/operate#find-it-in-temporal">
          Queries for Temporal Web
        </Menu.Item>
        <Menu.Item onClick={() => void logOut().catch(() => undefined)}>Log out</Menu.Item>
      </Menu.Dropdown>
    </Menu>
  )
}
