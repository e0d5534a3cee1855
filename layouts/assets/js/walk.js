// Arrows, j and k, Page and Home and End move the focus through the links of a list.

const STEPS = {ArrowDown: 1, ArrowUp: -1, PageDown: 8, PageUp: -8, Home: -Infinity, End: Infinity, j: 1, k: -1}

// `links` gives the links there are now; `alone` says whether keys that are meant for nobody move here too.
function walks(list, links, alone = () => true) {
  return (event) => {
    const by = STEPS[event.key], inside = event.composedPath().includes(list)
    const free = inside || (event.composedPath()[0] === document.body && alone())
    if (!by || !free || !plainKey(event) || !list.checkVisibility()) return
    const all = links(), focused = list.getRootNode().activeElement
    const now = all.findIndex((link) => focused && link.parentElement.contains(focused))
    const step = Number.isFinite(by) ? by : Math.sign(by) * all.length
    const next = all[Math.max(0, Math.min(all.length - 1, now < 0 ? 0 : now + step))]
    if (!next) return
    next.focus()
    next.scrollIntoView({block: "nearest"})
    event.preventDefault()
  }
}
