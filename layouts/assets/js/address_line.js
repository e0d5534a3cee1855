// The choices of a page in its address, so that a link, back and forward show the same. Nothing of it is seen.

export function render({model}) {
  const said = () => Object.fromEntries(new URLSearchParams(window.location.search))
  const same = (one, other) => new URLSearchParams(one).toString() === new URLSearchParams(other).toString()
  const write = () => {
    const wanted = Object.fromEntries(Object.entries(model.query).filter(([, value]) => value))
    if (same(wanted, said())) return
    const query = new URLSearchParams(wanted)
    window.history.pushState({}, "", `${window.location.pathname}${query.size ? `?${query}` : ""}`)
  }
  const onpop = () => model.send_msg({query: said()})
  window.addEventListener("popstate", onpop)
  model.on("query", write)
  model.on("remove", () => window.removeEventListener("popstate", onpop))
  return h("span", {hidden: true})
}
