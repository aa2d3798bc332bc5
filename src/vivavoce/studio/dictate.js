/** The page `dictate`: its snippet with this server's address, and the way back in. */

import { signing } from "./common/signing.js";

const snippet = document.getElementById("snippet");
const address = new URL(".", document.baseURI).href.replace(/\/$/, "");
snippet.textContent = snippet.textContent.replace("http://localhost:8000", address);
signing.addEventListener("change", () => (document.getElementById("out").hidden = !signing.out));
signing.begin(new URL(".", document.baseURI));
