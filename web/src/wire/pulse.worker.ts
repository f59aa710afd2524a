/** The beat itself. */
setInterval(() => postMessage(null), 1_000)
