import { useDisclosure } from '@mantine/hooks'
import type { ReactNode } from 'react'
import { Link, useLocation } from 'wouter'
import { useMay } from '../api/session.ts'
import type { Session } from '../api/types.ts'
import { Icon } from '../parts/icon.tsx'
import { ServersNote } from './servers-note.tsx'
import { Finder } from './finder.tsx'
import { PLACES, type Place, SETTINGS } from './places.ts'
import { RunningReplays } from './running-replays.tsx'
import { Shortcuts } from './shortcuts.tsx'
import { TopBar } from './top-bar.tsx'

/** What stays while pages change: the places at the left, the bar above, the search, and what runs. */
export function Frame({ session, children }: { session: Session; children: ReactNode }) {
  const [isOpen, side] = useDisclosure(false)
  const [isFinding, finder] = useDisclosure(false)
  const [isHelping, help] = useDisclosure(false)
  return (
    <div className={isOpen ? 'frame side-open' : 'frame'}>
      <a className="skip" href="#content">
        Skip to the content
      </a>
      <Side close={side.close} />
      <div>
        <TopBar session={session} menu={side.toggle} find={finder.open} help={help.open} />
        <main className="content" id="content" tabIndex={-1}>
          <ServersNote />
          <RunningReplays />
          {children}
        </main>
      </div>
      <Finder isOpen={isFinding} open={finder.open} close={finder.close} />
      <Shortcuts isOpen={isHelping} open={help.open} close={help.close} />
    </div>
  )
}

function Side({ close }: { close: () => void }) {
  return (
    <nav className="side" aria-label="Places" onClick={close}>
      <Link href="/" className="side-name" aria-label="herald, overview">
        <img src="/favicon.svg" width="24" height="24" alt="" />
        <span>herald</span>
      </Link>
      {PLACES.map((place) => (
        <PlaceLink key={place.path} place={place} />
      ))}
      <div className="side-group">Settings</div>
      {SETTINGS.map((place) => (
        <PlaceLink key={place.path} place={place} />
      ))}
    </nav>
  )
}

function PlaceLink({ place: { path, name, icon, role } }: { place: Place }) {
  const [location] = useLocation()
  if (!useMay(role)) return null
  const isHere = path === '/' ? location === '/' : location.startsWith(path)
  return (
    <Link href={path} className="place" title={name} {...(isHere && { 'aria-current': 'page' })}>
      <span className="place-icon">
        <Icon name={icon} />
      </span>
      <span className="place-name">{name}</span>
    </Link>
  )
}
