/**
 * The filter of webhooks that hold this text, in any case. Not in the URL of a Slack webhook, which is a secret: nobody may
 * find it bit by bit.
 */
export function withText(text: string) {
  const within = { $regex: text.replaceAll(/[$()*+.?[\\\]^{|}]/g, '\\$&'), $options: 'i' }
  const plain = ['name', 'description', '_id', 'events'].map((field) => ({ [field]: within }))
  return { $or: [...plain, { 'target.type': 'http', 'target.url': within }] }
}
