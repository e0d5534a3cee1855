// How far a run has come: one bar, in which what was judged lies by verdict over what was opened over what was received.
// Of one whose files still come nobody knows the whole, so its bar is hatched.

const SHARES = [["pass", "passed"], ["borderline", "borderline"], ["fail", "failed_verdicts"], ["not_judged", "not_judged"], ["failed", "errors"]]

function progressBar(run) {
  const {whole, received, opened, judged} = run.progress
  const part = (value) => (whole ? (100 * value) / whole : 0)
  const layer = (name, value) => { const one = h(`i.${name}`); one.style.width = `${part(value)}%`; return one }
  const shares = SHARES.map(([verdict, name]) => layer(verdict.replace("_", "-"), run.counts[name]))
  const said = `${run.figure}. ${whole} in all: ${received} received, ${opened} opened, ${judged} judged`
  return h(run.state === "pending" ? "span.progress.coming" : "span.progress", {
    role: "progressbar", "aria-valuemin": "0", "aria-valuemax": String(whole), "aria-valuenow": String(judged),
    "aria-valuetext": run.figure, title: said,
  }, layer("received", received), layer("opened", opened), h("span.judged", {}, shares))
}

// The verdicts as shape and figure, each in its place whether there are any or not, so that rows can be compared.
function tallies(badges, counts, words = false) {
  return h("span.tallies", {}, SHARES.slice(0, 4).map(([verdict, name]) => {
    const look = badges[verdict]
    const one = h("span.tally", {title: `${look.word}: ${counts[name]}`}, drawn(look.shape), h("span", {"aria-label": `${look.word} ${counts[name]}`}, counts[name].toLocaleString("en-US")), words ? h("span.word", {"aria-hidden": "true"}, look.word) : "")
    one.classList.add(counts[name] ? look.css : "none")
    return one
  }))
}

function stateBadge(states, state) {
  const look = states[state]
  const one = h("span.run-state", {}, drawn(look.shape), h("span", {}, look.word))
  one.classList.add(look.css)
  return one
}

function took(begun, ended) {
  const seconds = Math.max(0, (new Date(ended || Date.now()) - new Date(begun)) / 1000)
  if (seconds < 60) return `${Math.round(seconds)} s`
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ${String(Math.floor(seconds % 60)).padStart(2, "0")} s`
  if (seconds < 86400) return `${Math.floor(seconds / 3600)} h ${String(Math.floor(seconds / 60) % 60).padStart(2, "0")} min`
  return `${Math.floor(seconds / 86400)} d ${Math.floor(seconds / 3600) % 24} h`
}
