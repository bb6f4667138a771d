/** What a scenario's own code throws where nobody waits for it: in a promise without `await`, in a timer, in a listener. */
export function onStray(listener: (error: unknown) => void): () => void {
  // A rejection that nobody handles comes here as well.
  process.on('uncaughtException', listener)
  return () => void process.off('uncaughtException', listener)
}
