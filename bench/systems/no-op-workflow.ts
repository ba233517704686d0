/** The least that a durable event costs: a workflow that does nothing. */
export async function noOp(_event: { id: string }): Promise<void> {}
