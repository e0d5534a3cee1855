// The state of the page is in its address. Whoever changes it tells everybody as the browser's back and forward do.

function address() {
  return Object.fromEntries(new URLSearchParams(window.location.search))
}

function addressWith(changes) {
  const query = new URLSearchParams(window.location.search)
  for (const [name, value] of Object.entries(changes)) {
    if (value) query.set(name, value)
    else query.delete(name)
  }
  return `${window.location.pathname}${query.size ? `?${query}` : ""}`
}

function go(changes) {
  const next = addressWith(changes)
  if (next === `${window.location.pathname}${window.location.search}`) return
  window.history.pushState({}, "", next)
  window.dispatchEvent(new PopStateEvent("popstate"))
}
