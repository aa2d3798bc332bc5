/** The page `dictate`: its snippet with this server's address. */

const snippet = document.getElementById("snippet");
const address = new URL(".", document.baseURI).href.replace(/\/$/, "");
snippet.textContent = snippet.textContent.replace("http://localhost:8000", address);
