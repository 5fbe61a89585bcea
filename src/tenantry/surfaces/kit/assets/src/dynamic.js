// htmx, for the pages that swap rows and panels. A page loads it by setting `dynamic` in its layout.
import htmx from "htmx.org/dist/htmx.esm.js";

// Attributes never carry code here: the content security policy would refuse to run it.
htmx.config.includeIndicatorCSS = false;
// What is no success is told in a corner, and never stands in the place of a list.
htmx.config.noSwap = [204, 304, "4xx", "5xx"];

import "./portal.js";
