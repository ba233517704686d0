export type WorkflowName =
  'deliverEvents' | 'rateLimit' | 'redeliver' | 'redeliverBatch' | 'replay' | 'rerun'

/**
 * The paths of each workflow of which a history is kept, with its story (story.ts). A path that a workflow gets is added
 * here, with a scenario in recorder/; one that is here stays: a running workflow may be on it.
 */
export const PATHS: Record<WorkflowName, Record<string, string>> = {
  deliverEvents: {
    'no-match': 'local matchWebhooks, completed',
    delivered: 'local matchWebhooks, deliver, <ok>, completed',
    'delivered-to-several': 'local matchWebhooks, deliver ×3, <ok> ×3, completed',
    failed: 'local matchWebhooks, deliver, <DeliveryFailed>, upsert, failed',
    'one-of-several-fails-first':
      'local matchWebhooks, deliver ×2, <DeliveryFailed>, upsert, <ok>, failed',
    'one-fails-after-another':
      'local matchWebhooks, deliver ×2, <DeliveryFailed>, upsert, <DeliveryFailed>, failed',
    'match-waits-for-mongodb':
      'local matchWebhooks <failed>, timer, <fired>, local matchWebhooks, deliver, <ok>, completed',
    'count-ran-out': 'local matchWebhooks, deliver, <AttemptsLeft>, deliver, <ok>, completed',
    'worker-died': 'local matchWebhooks, deliver, <heartbeat>, deliver, <ok>, completed',
    'worker-died-and-one-fails':
      'local matchWebhooks, deliver ×2, <ok>, <heartbeat>, deliver, <DeliveryFailed>, upsert, failed',
    reset: 'local matchWebhooks, deliver, <ok>, completed',
    'reset-mended': 'local matchWebhooks, deliver, <ok>, upsert, completed',
    'paused-resumed':
      'local matchWebhooks, deliver, <WebhookPaused>, awaitResume, <ok>, deliver, <ok>, completed',
    'paused-resumed-limited':
      'local matchWebhooks, deliver, <WebhookPaused>, awaitResume, <ok>, deliver, <WebhookLimited>, awaitLanes, <ok>, completed',
    'worker-died-then-paused':
      'local matchWebhooks, deliver, <heartbeat>, deliver, <WebhookPaused>, awaitResume, <ok>, deliver, <ok>, completed',
    'limited-meanwhile':
      'local matchWebhooks, deliver, <WebhookLimited>, awaitLanes, <ok>, completed',
    lane: 'local matchWebhooks, awaitLanes, <ok>, completed',
    lanes: 'local matchWebhooks, awaitLanes, <ok>, completed',
    'lane-failed': 'local matchWebhooks, awaitLanes, <ok>, upsert, failed',
    'lane-before-target': 'local matchWebhooks, deliver, awaitLanes, <ok> ×2, completed',
    'lanes-after-target-that-fails':
      'local matchWebhooks, deliver, awaitLanes, <DeliveryFailed>, upsert, <ok>, failed',
    'record-lost-and-remade':
      'local matchWebhooks, deliver, <LedgerLost>, local matchWebhooks, deliver, <ok>, completed',
    'record-lost-for-good': '(local matchWebhooks, deliver, <LedgerLost>) ×4, upsert, failed',
    'record-of-one-of-several-lost':
      'local matchWebhooks, deliver ×2, <LedgerLost>, <ok>, local matchWebhooks, deliver, <ok>, completed',
    'lane-record-lost-and-remade':
      'local matchWebhooks, awaitLanes, <LedgerLost>, local matchWebhooks, awaitLanes, <ok>, completed',
    'lanes-record-lost-for-good':
      '(local matchWebhooks, awaitLanes, <LedgerLost>) ×4, upsert, failed',
    'limited-meanwhile-record-lost-and-remade':
      'local matchWebhooks, deliver, <WebhookLimited>, awaitLanes, <LedgerLost>, local matchWebhooks, awaitLanes, <ok>, completed',
    'cancelled-at-once':
      '<cancel>, local matchWebhooks, local cancelDeliveries, patch all-ended, upsert, cancelled',
    'cancelled-at-once-lanes':
      '<cancel>, local matchWebhooks, local cancelDeliveries ×2, patch all-ended, upsert, cancelled',
    'cancelled-at-once-no-match': '<cancel>, local matchWebhooks, completed',
    'cancelled-in-match':
      '<cancel>, local matchWebhooks, local cancelDeliveries, patch all-ended, upsert, cancelled',
    'cancelled-in-deliver':
      'local matchWebhooks, deliver, <cancel>, cancel activity, <cancelled>, local cancelDeliveries, patch all-ended, upsert, cancelled',
    'cancelled-in-deliver-of-several':
      'local matchWebhooks, deliver ×2, <cancel>, cancel activity ×2, <cancelled> ×2, local cancelDeliveries ×2, patch all-ended, upsert, cancelled',
    'cancelled-in-one-before-another':
      'local matchWebhooks, deliver ×2, <cancel>, cancel activity ×2, <cancelled>, local cancelDeliveries, patch all-ended, upsert, <AttemptsLeft>, local cancelDeliveries, cancelled',
    'cancelled-when-one-is-delivered':
      'local matchWebhooks, deliver ×2, <ok>, <cancel>, cancel activity, <cancelled>, local cancelDeliveries, patch all-ended, upsert, cancelled',
    'cancelled-but-delivered':
      'local matchWebhooks, deliver, <cancel>, cancel activity, <ok>, completed',
    'cancelled-before-a-retry':
      'local matchWebhooks, deliver, <cancel>, cancel activity, <AttemptsLeft>, local cancelDeliveries, patch all-ended, upsert, cancelled',
    'cancelled-in-lanes':
      'local matchWebhooks, awaitLanes, <cancel>, cancel activity, <cancelled>, local cancelDeliveries ×2, patch all-ended, upsert, cancelled',
    'cancelled-in-lanes-unheard':
      'local matchWebhooks, awaitLanes, <cancel>, cancel activity, <StillHeld>, local cancelDeliveries ×2, patch all-ended, upsert, cancelled',
    'cancelled-in-lane-and-deliver':
      'local matchWebhooks, deliver, awaitLanes, <cancel>, cancel activity ×2, <cancelled> ×2, local cancelDeliveries ×2, patch all-ended, upsert, cancelled',
    'cancelled-while-mongodb-is-away':
      'local matchWebhooks, deliver, <cancel>, cancel activity, <cancelled>, local cancelDeliveries <failed>, timer, <fired>, local cancelDeliveries <failed>, timer, <fired>, local cancelDeliveries, patch all-ended, upsert, cancelled',
    'cancelled-while-paused':
      'local matchWebhooks, deliver, <WebhookPaused>, awaitResume, <cancel>, cancel activity, patch cancelled-while-paused, upsert, local cancelDeliveries, patch all-ended, upsert, cancelled',
    'cancelled-while-record-is-remade':
      '<cancel>, local matchWebhooks, local cancelDeliveries, patch all-ended, upsert, cancelled',
    'shares-delivered': 'local matchWebhooks, deliverShare ×2, <ok> ×2, completed',
    'one-share-fails-first':
      'local matchWebhooks, deliverShare ×2, <DeliveryFailed>, upsert, <ok>, failed',
    'one-share-fails-after-another':
      'local matchWebhooks, deliverShare ×2, <DeliveryFailed>, upsert, <DeliveryFailed>, failed',
    'share-worker-died':
      'local matchWebhooks, deliverShare ×2, <ok>, <heartbeat>, deliverShare, <ok>, completed',
    'share-record-lost-and-remade':
      'local matchWebhooks, deliverShare ×2, <LedgerLost>, <ok>, local matchWebhooks, deliverShare, <ok>, completed',
    'share-record-lost-for-good':
      'local matchWebhooks, deliverShare ×2, (<LedgerLost>, local matchWebhooks, deliverShare) ×3, <LedgerLost>, patch all-ended, upsert, <ok>, failed',
    'share-record-lost-for-good-and-another-goes-on':
      'local matchWebhooks, deliverShare ×2, (<LedgerLost>, local matchWebhooks, deliverShare) ×3, <LedgerLost>, patch all-ended, upsert, <AttemptsLeft>, deliverShare, <ok>, failed',
    'shares-cancelled':
      'local matchWebhooks, deliverShare ×2, <cancel>, cancel activity ×2, <cancelled> ×2, local cancelDeliveries ×2, patch all-ended, upsert, cancelled',
    'shares-cancelled-when-one-is-delivered':
      'local matchWebhooks, deliverShare ×2, <ok>, <cancel>, cancel activity, <cancelled>, local cancelDeliveries, patch all-ended, upsert, cancelled',
    'share-cancelled-before-a-retry':
      'local matchWebhooks, deliverShare, <cancel>, cancel activity, <AttemptsLeft>, local cancelDeliveries, patch all-ended, upsert, cancelled',
    'shares-cancelled-at-once':
      '<cancel>, local matchWebhooks, local cancelDeliveries ×2, patch all-ended, upsert, cancelled',
    'first-attempt-delivers': 'local matchWebhooks, local firstAttempts, completed',
    'first-attempt-fails': 'local matchWebhooks, local firstAttempts, upsert, failed',
    'first-attempt-leaves-the-rest':
      'local matchWebhooks, local firstAttempts, deliver, <ok>, completed',
    'first-attempt-leaves-one-of-several':
      'local matchWebhooks, local firstAttempts ×2, deliver, <DeliveryFailed>, upsert, failed',
    'first-attempt-fails-and-is-mended':
      'local matchWebhooks, local firstAttempts, upsert, deliver, <ok>, upsert, completed',
    'first-attempt-hangs-and-another-fails':
      'local matchWebhooks, local firstAttempts ×2, upsert, deliver, upsert, deliver, <DeliveryFailed>, <ok>, upsert, failed',
    'first-attempt-fails-and-the-rest-is-cancelled':
      'local matchWebhooks, local firstAttempts, upsert, deliver, <ok>, upsert, completed',
    'first-attempt-of-a-share-fails-and-is-mended':
      'local matchWebhooks, local firstAttemptsOfShares, upsert, deliverShare, <ok>, upsert, completed',
    'first-attempt-beside-a-lane':
      'local matchWebhooks, awaitLanes, local firstAttempts, <ok>, completed',
    'first-attempt-waits-for-mongodb':
      'local matchWebhooks, local firstAttempts <failed>, timer, <fired>, local firstAttempts, completed',
    'first-attempts-of-shares': 'local matchWebhooks, local firstAttemptsOfShares, completed',
    'first-attempts-leave-a-share':
      'local matchWebhooks, local firstAttemptsOfShares, deliverShare, <ok>, completed',
    'cancelled-in-first-attempt': 'local matchWebhooks, <cancel>, local firstAttempts, completed',
    'cancelled-after-first-attempt':
      'local matchWebhooks, <cancel>, local firstAttempts, local cancelDeliveries, patch all-ended, upsert, cancelled',
  },
  rateLimit: {
    idle: 'sendHeld, <ok>, completed',
    'idle-and-more-is-held': 'sendHeld, <held>, <ok>, sendHeld, <ok>, completed',
    inactive: 'sendHeld, <ok>, completed',
    'inactive-and-changed': 'sendHeld, <changed>, <ok>, sendHeld, <ok>, completed',
    now: '(sendHeld, <ok>) ×3, completed',
    'worker-died': 'sendHeld, <ok>, completed',
    'slot-comes': 'sendHeld, <ok>, timer, <fired>, sendHeld, <ok>, completed',
    'slot-and-more-is-held': 'sendHeld, <ok>, timer, <held>, <fired>, sendHeld, <ok>, completed',
    'slot-and-changed': 'sendHeld, <ok>, timer, <changed>, cancel timer, sendHeld, <ok>, completed',
    'slot-and-held-in-its-round':
      'sendHeld, <held>, <ok>, timer, <fired>, sendHeld, <ok>, completed',
    'slot-and-changed-in-its-round':
      'sendHeld, <changed>, <ok>, sendHeld, <ok>, timer, <fired>, sendHeld, <ok>, completed',
    'due-comes': 'sendHeld, <ok>, timer, <fired>, sendHeld, <ok>, completed',
    'due-and-more-is-held':
      'sendHeld, <ok>, timer, <held>, cancel timer, sendHeld, <ok>, completed',
    'due-and-changed': 'sendHeld, <ok>, timer, <changed>, cancel timer, sendHeld, <ok>, completed',
    'due-and-held-in-its-round':
      'sendHeld, <held>, <ok>, sendHeld, <ok>, timer, <fired>, sendHeld, <ok>, completed',
    'slot-after-due':
      'sendHeld, <ok>, timer, <fired>, sendHeld, <ok>, sendHeld, <ok>, timer, <fired>, sendHeld, <ok>, completed',
    'continued-when-suggested': 'sendHeld, <ok>, sendHeld, <ok>, continued as new',
    'continued-instead-of-idle': 'sendHeld, <ok>, sendHeld, <ok>, continued as new',
    'continued-instead-of-a-sleep':
      'sendHeld, <ok>, timer, <fired>, sendHeld, <ok>, continued as new',
    'continued-after-5000-signals': 'sendHeld, <held> ×5000, <ok>, continued as new',
    'continued-when-long':
      'sendHeld, <held> ×250, <ok>, patch short-runs, upsert, continued as new',
    'cancelled-at-once': '<cancel>, cancelled',
    'cancelled-in-a-round': 'sendHeld, <cancel>, cancel activity, cancelled',
    'cancelled-before-its-slot': 'sendHeld, <ok>, timer, <cancel>, cancel timer, cancelled',
    'cancelled-before-its-due-time': 'sendHeld, <ok>, timer, <cancel>, cancel timer, cancelled',
  },
  redeliver: {
    gone: 'local reopen, completed',
    delivered: 'local reopen, deliver, <ok>, completed',
    failed: 'local reopen, deliver, <DeliveryFailed>, patch failed-again, upsert ×2, completed',
    lane: 'local reopen, awaitLanes, <ok>, completed',
    'paused-resumed':
      'local reopen, deliver, <WebhookPaused>, awaitResume, <ok>, deliver, <ok>, completed',
    'limited-meanwhile': 'local reopen, deliver, <WebhookLimited>, awaitLanes, <ok>, completed',
    'worker-died': 'local reopen, deliver, <heartbeat>, deliver, <ok>, completed',
    'record-lost': 'local reopen, deliver, <LedgerLost>, completed',
    'lane-record-lost': 'local reopen, awaitLanes, <LedgerLost>, completed',
    'reopen-waits-for-mongodb':
      'local reopen <failed>, timer, <fired>, local reopen, deliver, <ok>, completed',
    'now-tried': 'local reopen, tryNow, <ok>, completed',
    'now-in-lane': 'local reopen, completed',
    'now-orphaned-and-taken-over':
      'local reopen, tryNow, <ok>, local reopen, deliver, <ok>, completed',
    'now-orphaned-and-taken-over-by-lane':
      'local reopen, tryNow, <ok>, local reopen, awaitLanes, <ok>, completed',
    'now-orphaned-and-gone': 'local reopen, tryNow, <ok>, local reopen, completed',
    'now-orphaned-again-and-again': '(local reopen, tryNow, <ok>) ×6, completed',
    'now-taken-over-and-paused':
      'local reopen, deliver, <WebhookPaused>, awaitResume, <ok>, deliver, <ok>, completed',
    'cancelled-at-once':
      '<cancel>, patch cancelled-reopen, upsert, local cancelDeliveries, cancelled',
    'cancelled-in-reopen': '<cancel>, local reopen, local cancelDeliveries, cancelled',
    'cancelled-in-deliver':
      'local reopen, deliver, <cancel>, cancel activity, <cancelled>, local cancelDeliveries, cancelled',
    'cancelled-in-lane':
      'local reopen, awaitLanes, <cancel>, cancel activity, <cancelled>, local cancelDeliveries, cancelled',
    'cancelled-while-paused':
      'local reopen, deliver, <WebhookPaused>, awaitResume, <cancel>, cancel activity, patch cancelled-while-paused, upsert, local cancelDeliveries, cancelled',
    'cancelled-while-it-is-tried': 'local reopen, tryNow, <cancel>, cancel activity, cancelled',
    'earlier-once-left': 'local reopen, deliver, <AttemptsLeft>, completed',
    'earlier-once-paused': 'local reopen, deliver, <WebhookPaused>, completed',
    'earlier-once-limited': 'local reopen, completed',
    'earlier-once-worker-died':
      'local reopen, deliver, <heartbeat>, deliver, <AttemptsLeft>, completed',
  },
  redeliverBatch: {
    'nothing-to-send': 'local reopenChunk, local countChunk, completed',
    delivered: 'local reopenChunk, deliver ×2, <ok> ×2, local countChunk, completed',
    failed: 'local reopenChunk, deliver ×2, <ok>, <DeliveryFailed>, local countChunk, completed',
    retried:
      'local reopenChunk, deliver ×2, <ok>, <AttemptsLeft>, local countChunk, deliver ×2, <ok> ×2, local countChunk, completed',
    'worker-died':
      'local reopenChunk, deliver ×2, <ok>, <heartbeat>, deliver, <ok>, local countChunk, completed',
    'retried-and-worker-died':
      'local reopenChunk, deliver ×2, <ok>, <AttemptsLeft>, local countChunk, deliver ×2, <ok>, <heartbeat>, deliver, <ok>, local countChunk, completed',
    'paused-resumed':
      'local reopenChunk, deliver ×2, <ok>, <WebhookPaused>, local countChunk, deliver ×2, <ok>, <WebhookPaused>, awaitResume, <ok>, deliver, <ok>, local countChunk, completed',
    'limited-meanwhile':
      'local reopenChunk, deliver ×2, <WebhookLimited>, <ok>, awaitLanes, <ok>, local countChunk, completed',
    'record-lost':
      'local reopenChunk, deliver ×2, <ok>, <LedgerLost>, local countChunk, deliver ×2, <ok>, <LedgerLost>, local countChunk, completed',
    'reopen-waits-for-mongodb':
      'local reopenChunk <failed>, timer, <fired>, local reopenChunk, deliver, <ok>, local countChunk, completed',
    lanes: 'local reopenChunk, awaitLanes, local countChunk, <ok>, local countChunk, completed',
    'lanes-record-lost':
      'local reopenChunk, awaitLanes, local countChunk, <LedgerLost>, local countChunk, completed',
    'lane-before-free':
      'local reopenChunk, awaitLanes, deliver, <ok> ×2, local countChunk ×2, completed',
    'lane-after-free':
      'local reopenChunk, awaitLanes, deliver, <ok>, local countChunk, <ok>, local countChunk, completed',
    'lane-after-free-that-is-retried':
      'local reopenChunk, awaitLanes, deliver, <AttemptsLeft>, local countChunk, deliver, <ok>, local countChunk, <ok>, local countChunk, completed',
    'cancelled-at-once':
      '<cancel>, patch cancelled-chunk-is-ended, upsert, local cancelDeliveries, local countChunk, cancelled',
    'cancelled-in-reopen':
      '<cancel>, local reopenChunk, local cancelDeliveries ×2, patch all-ended, upsert, patch cancelled-chunk-is-ended, upsert, local cancelDeliveries, local countChunk, cancelled',
    'cancelled-in-reopen-unheard':
      '<cancel>, local reopenChunk <failed>, patch cancelled-chunk-is-ended, upsert, local cancelDeliveries, local countChunk, cancelled',
    'cancelled-in-deliver':
      'local reopenChunk, deliver ×2, <cancel>, cancel activity ×2, <cancelled>, local cancelDeliveries, patch all-ended, upsert, <cancelled>, local cancelDeliveries, patch cancelled-chunk-is-ended, upsert, local cancelDeliveries, local countChunk, cancelled',
    'cancelled-before-a-retry':
      'local reopenChunk, deliver, <cancel>, cancel activity, <AttemptsLeft>, patch cancelled-chunk-is-ended, upsert, local cancelDeliveries, local countChunk, cancelled',
    'cancelled-in-a-retry':
      'local reopenChunk, deliver ×2, <ok>, <AttemptsLeft>, local countChunk, deliver ×2, <ok>, <cancel>, cancel activity, <cancelled>, local cancelDeliveries, patch all-ended, upsert, patch cancelled-chunk-is-ended, upsert, local cancelDeliveries, local countChunk, cancelled',
    'cancelled-while-paused':
      'local reopenChunk, deliver, <WebhookPaused>, local countChunk, deliver, <WebhookPaused>, awaitResume, <cancel>, cancel activity, patch cancelled-while-paused, upsert, local cancelDeliveries, patch all-ended, upsert, patch cancelled-chunk-is-ended, upsert, local cancelDeliveries, local countChunk, cancelled',
    'cancelled-in-lanes':
      'local reopenChunk, awaitLanes, local countChunk, <cancel>, cancel activity, <cancelled>, local cancelDeliveries ×2, patch cancelled-chunk-is-ended, upsert, local cancelDeliveries, local countChunk, cancelled',
    'cancelled-in-lanes-unheard':
      'local reopenChunk, awaitLanes, local countChunk, <cancel>, cancel activity, <StillHeld>, local cancelDeliveries ×2, patch cancelled-chunk-is-ended, upsert, local cancelDeliveries, local countChunk, cancelled',
    'cancelled-in-deliver-before-its-lane':
      'local reopenChunk, awaitLanes, deliver, <cancel>, cancel activity ×2, <cancelled>, local cancelDeliveries, patch all-ended, upsert, <StillHeld>, local cancelDeliveries, patch cancelled-chunk-is-ended, upsert, local cancelDeliveries, local countChunk, cancelled',
    'cancelled-in-lane-before-deliver':
      'local reopenChunk, awaitLanes, deliver, <cancel>, cancel activity ×2, <cancelled>, local cancelDeliveries, <ok>, patch cancelled-chunk-is-ended, upsert, local cancelDeliveries, local countChunk, cancelled',
    'cancelled-in-lane-and-deliver':
      'local reopenChunk, awaitLanes, deliver, <cancel>, cancel activity ×2, <cancelled> ×2, local cancelDeliveries ×2, patch all-ended, upsert, patch cancelled-chunk-is-ended, upsert, local cancelDeliveries, local countChunk, cancelled',
  },
  replay: {
    completed: 'replayPage, <ok>, completed',
    'several-pages': '(replayPage, <ok>) ×3, completed',
    'paused-resumed':
      'replayPage, <ok>, timer, <changed>, cancel timer, replayPage, <ok>, replayPage, <ok>, completed',
    'paused-and-looked-again': 'replayPage, <ok>, timer, <fired>, replayPage, <ok>, completed',
    'changed-while-a-page-pauses': 'replayPage, <changed>, <ok>, replayPage, <ok>, completed',
    'cancelled-by-state': 'replayPage, <ok>, replayPage, <ok>, completed',
    'cancelled-by-state-while-paused':
      'replayPage, <ok>, timer, <changed>, cancel timer, replayPage, <ok>, completed',
    'cancelled-at-once': '<cancel>, local cancelReplay, completed',
    'cancelled-in-a-page':
      'replayPage, <ok>, replayPage, <cancel>, cancel activity, local cancelReplay, completed',
    'cancelled-while-paused':
      'replayPage, <ok>, timer, <cancel>, cancel timer, local cancelReplay, completed',
    'cancelled-while-mongodb-is-away':
      'replayPage, <cancel>, cancel activity, local cancelReplay <failed>, timer, <cancelled>, <fired>, local cancelReplay <failed>, timer, <fired>, local cancelReplay, completed',
    'continued-when-suggested': 'replayPage, <ok>, replayPage, <ok>, continued as new',
    'paused-and-continued':
      'replayPage, <ok>, replayPage, <ok>, timer, <changed>, cancel timer, continued as new',
    'continued-after-100-pages': '(replayPage, <ok>) ×100, continued as new',
  },
  rerun: {
    nothing: 'completed',
    one: 'local reopen, deliver, <ok>, completed',
    several:
      'local reopen ×7, deliver, awaitLanes, deliver ×2, tryNow, <ok> ×2, <WebhookPaused>, <DeliveryFailed>, <ok>, awaitResume, patch failed-again, upsert ×2, <ok>, deliver, <ok>, completed',
    'one-orphaned-and-taken-over':
      'local reopen ×2, tryNow, deliver, <ok> ×2, local reopen, deliver, <ok>, completed',
    'worker-died-and-record-lost':
      'local reopen ×2, deliver ×2, <LedgerLost>, <heartbeat>, deliver, <ok>, completed',
    cancelled:
      'local reopen ×2, deliver ×2, <cancel>, cancel activity ×2, <cancelled> ×2, local cancelDeliveries ×2, patch all-ended, upsert, cancelled',
    'cancelled-when-one-is-delivered':
      'local reopen ×2, deliver ×2, <ok>, <cancel>, cancel activity, <cancelled>, local cancelDeliveries, patch all-ended, upsert, cancelled',
    'cancelled-in-lane-and-while-it-is-tried':
      'local reopen ×2, awaitLanes, tryNow, <cancel>, cancel activity ×2, patch all-ended, upsert, <cancelled> ×2, local cancelDeliveries, cancelled',
    'earlier-owner-runs': 'local reopen ×3, deliver ×2, <AttemptsLeft>, <ok>, completed',
    'earlier-owner-has-ended':
      'local reopen, deliver, <WebhookPaused>, awaitResume, <ok>, deliver, <ok>, completed',
  },
}

/**
 * Histories that herald itself recorded, and (`unmarked`, `stuck`) those of the scenarios by the code as it was before it
 * marked its versions. They stay too.
 */
export const EARLIER = [
  'deliverEvents-cancelled-17-events-3',
  'deliverEvents-cancelled-before-a-retry-unmarked',
  'deliverEvents-cancelled-in-deliver-of-several-unmarked',
  'deliverEvents-cancelled-in-deliver-unmarked',
  'deliverEvents-cancelled-in-lane-and-deliver-unmarked',
  'deliverEvents-cancelled-in-lanes-unmarked',
  'deliverEvents-cancelled-when-one-is-delivered-unmarked',
  'deliverEvents-cancelled-while-paused-unmarked',
  'deliverEvents-completed-12-events-2',
  'deliverEvents-completed-12-events-3',
  'deliverEvents-completed-15-events-9',
  'deliverEvents-completed-18-events-3',
  'deliverEvents-completed-18-events-7',
  'deliverEvents-completed-24-events-4',
  'deliverEvents-completed-6-events-1',
  'deliverEvents-completed-6-events-3',
  'deliverEvents-completed-9-events-8',
  'deliverEvents-failed-13-events-1',
  'deliverEvents-failed-13-events-2',
  'deliverEvents-failed-16-events-11',
  'deliverEvents-failed-19-events-6',
  'deliverEvents-terminated-7-events-10',
  'rateLimit-completed-12-events-1',
  'rateLimit-completed-18-events-3',
  'rateLimit-idle-after-4999-signals',
  'redeliver-cancelled-in-reopen-unmarked',
  'redeliver-completed-12-events-1',
  'redeliver-completed-12-events-5',
  'redeliver-completed-6-events-2',
  'redeliver-failed-unmarked',
  'redeliverBatch-cancelled-before-a-retry-unmarked',
  'redeliverBatch-cancelled-in-a-retry-unmarked',
  'redeliverBatch-cancelled-in-deliver-unmarked',
  'redeliverBatch-cancelled-in-lanes-unmarked',
  'redeliverBatch-cancelled-in-reopen-unmarked',
  'redeliverBatch-cancelled-while-paused-unmarked',
  'redeliverBatch-completed-13-events-2',
  'redeliverBatch-stuck-in-its-cancellation',
  'replay-completed-12-events-1',
  'replay-completed-12-events-5',
  'replay-completed-13-events-1',
  'replay-completed-16-events-3',
  'rerun-cancelled-unmarked',
  'rerun-cancelled-when-one-is-delivered-unmarked',
  'rerun-completed-12-events-3',
  'rerun-several-unmarked',
]
