// Runs that this browser has begun to send and not completed, remembered over a reload. While a page sends one, it says so
// every few seconds; one of which nobody has said so for a while was cut off.

const KEPT = "marksight_sending", SILENT_MS = 8000

function unfinished() {
  try {
    return JSON.parse(localStorage.getItem(KEPT) || "{}")
  } catch {
    return {}
  }
}

function rememberRun(run, changes) {
  const all = unfinished()
  all[run] = {...all[run], ...changes}
  localStorage.setItem(KEPT, JSON.stringify(all))
}

function forgetRun(run) {
  const {[run]: _, ...others} = unfinished()
  localStorage.setItem(KEPT, JSON.stringify(others))
}

// The newest that was cut off, as [id, what was remembered], or undefined.
function cutOff() {
  return Object.entries(unfinished()).filter(([, one]) => Date.now() - one.at > SILENT_MS)
    .sort(([, one], [, other]) => other.begun - one.begun)[0]
}
