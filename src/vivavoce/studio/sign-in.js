/** The page `sign-in`: a key, and back to where somebody was. */

import { signInForm, signing } from "./common/signing.js";
import { wayBack } from "./common/way-back.js";

const home = new URL(".", document.baseURI);
const leave = () => location.replace(wayBack(new URL(location.href), home));

signInForm(document.getElementById("form"), leave);
await signing.begin(home);
if (signing.known && !signing.out) leave(); // they are signed in, or nobody has to be
