/** Path of the prebuilt bundle of these very sources; it need not be there. */
export function workflowBundlePath(): Promise<string>

/** Makes the prebuilt bundle where it is not there. False where nothing was made. */
export function prebuildWorkflows(): Promise<boolean>
