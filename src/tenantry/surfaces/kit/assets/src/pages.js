// Small helps that a page can do without. Listeners hang on the document, so they hold for parts swapped in later.
import { copyOnClick } from "./copy.js";
import { showFault } from "./faults.js";
import { revealOnClick } from "./reveal.js";
import { submitOnce } from "./submit_once.js";

copyOnClick(document);
revealOnClick(document);
submitOnce(document);
addEventListener("DOMContentLoaded", showFault);
