// Keeps an open page true: when the server has been restarted or the session is lost, the page says so and comes back.
(() => {
  const HEALTH = "/health", EVERY_MS = 2000, RETRY_MS = 500, AGAIN_MS = 5000, LOADED_BY_MS = 20000
  let server = null, lost = false, leaving = false

  const stale = document.getElementById("ms-stale")
  const loading = document.getElementById("ms-loading")

  const Socket = window.WebSocket
  window.WebSocket = class extends Socket {
    constructor(...args) {
      super(...args)
      this.addEventListener("close", () => { if (!leaving) lose() })
    }
  }
  window.addEventListener("pagehide", () => { leaving = true })

  function lose() {
    if (lost) return
    lost = true
    stale.hidden = false
    setTimeout(look, RETRY_MS)
  }

  // A page that still sends photos waits until they are stored: they would be lost with it. One that was reloaded a moment
  // ago waits too, so that a server in trouble is not asked in a circle.
  function comeBack() {
    if (document.documentElement.hasAttribute("data-sending")) return setTimeout(comeBack, RETRY_MS)
    const before = Number(sessionStorage.getItem("marksight_reloaded") || 0)
    const wait = Math.max(0, AGAIN_MS - (Date.now() - before))
    setTimeout(() => {
      sessionStorage.setItem("marksight_reloaded", String(Date.now()))
      window.location.reload()
    }, wait)
  }

  async function look() {
    try {
      const response = await fetch(HEALTH, {cache: "no-store"})
      const id = (await response.json()).server_id || ""
      if (response.ok && (lost || (server !== null && id !== server))) return comeBack()
      server = id
    } catch {
      lose()
    }
    setTimeout(look, lost ? RETRY_MS : EVERY_MS)
  }

  const started = performance.now()
  function shown() {
    const root = window.Bokeh && window.Bokeh.index && window.Bokeh.index.roots[0]
    if ((root && root.is_idle) || performance.now() - started > LOADED_BY_MS) loading.remove()
    else requestAnimationFrame(shown)
  }

  look()
  shown()
})()
