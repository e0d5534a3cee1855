// Looks through the page about the API, and copies its examples. The page is whole without it.
(() => {
  const input = document.querySelector("input[type=search]")
  const articles = [...document.querySelectorAll("article")]
  const sections = [...document.querySelectorAll("main > section:not(.intro)")]
  const none = document.createElement("p")
  none.className = "none"
  none.setAttribute("role", "status")
  document.querySelector("main").append(none)

  function look() {
    const words = input.value.toLowerCase().split(/\s+/).filter(Boolean)
    let found = 0
    for (const article of articles) {
      const said = article.textContent.toLowerCase()
      article.hidden = !words.every((word) => said.includes(word))
      if (!article.hidden) found += 1
      const link = document.querySelector(`nav [data-of="${article.id}"]`)
      if (link) link.hidden = article.hidden
    }
    for (const section of sections) section.hidden = !section.querySelector("article:not([hidden])")
    for (const group of document.querySelectorAll("nav > div")) group.hidden = !group.querySelector("li:not([hidden])")
    none.textContent = found ? "" : "Nothing on this page holds these words."
  }
  input.addEventListener("input", look)
  input.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return
    input.value = ""
    look()
    input.blur()
  })
  window.addEventListener("keydown", (event) => {
    if (event.key !== "/" || event.target === input || event.ctrlKey || event.metaKey || event.altKey) return
    event.preventDefault()
    input.select()
  })
  look()

  // Only a page that came over a safe way may write to the clipboard; without that the button is of no use.
  for (const button of navigator.clipboard ? document.querySelectorAll(".copy") : []) {
    button.hidden = false
    button.addEventListener("click", async () => {
      let said = "Copied"
      try {
        await navigator.clipboard.writeText(button.parentElement.querySelector("code").textContent)
      } catch {
        said = "Not copied"
      }
      button.textContent = said
      setTimeout(() => { button.textContent = "Copy" }, 1500)
    })
  }
})()
