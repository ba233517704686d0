import { TARGETS_MOST } from './contract.ts'

const CHUNK_SECONDS = 0.2
const PAGE_SECONDS = 10
const PAGE_MAX = 2_000
/** Behind by more than this (a pause, a crash), a replay does not catch up: its rate is a promise to the receiver. */
const CATCH_UP_MS = 1_000
/** Starts of a chunk's first and last delivery are at most this far apart, so that one round of sending takes them all. */
const SPREAD_MS = 90
/** What taking the attempts of a chunk costs; who starts before all are taken may overtake. */
const CLAIM_MS = 20

/** Deliveries that are handed over together: what the rate (a second) allows in 0.2 s, as many as a workflow may name. */
export function chunkSize(rate: number): number {
  return Math.min(Math.max(Math.floor(rate * CHUNK_SECONDS), 1), TARGETS_MOST)
}

/** Deliveries that are chosen together: about ten seconds' worth, whole chunks. */
export function pageSize(rate: number): number {
  const size = chunkSize(rate)
  return Math.max(Math.floor(Math.min(rate * PAGE_SECONDS, PAGE_MAX) / size), 1) * size
}

/** When a chunk may leave: at its turn, or now if its turn was too long ago. */
export function chunkDueMs(turnMs: number, nowMs: number): number {
  return turnMs < nowMs - CATCH_UP_MS ? nowMs : turnMs
}

/** Milliseconds from the start of a chunk to that of its n-th delivery (from 0): in order, evenly. */
export function startInChunkMs(n: number, count: number): number {
  return Math.floor((n * SPREAD_MS) / Math.max(count, 1))
}

/** By how much a chunk is late whose first delivery was to start at `firstMs`: what is claimed now starts soon after. */
export function lateByMs(firstMs: number, nowMs: number): number {
  return Math.max(nowMs + CLAIM_MS - firstMs, 0)
}

/** Whole seconds that this many deliveries take at a rate. */
export function secondsFor(count: number, rate: number): number {
  return Math.ceil(count / rate)
}
