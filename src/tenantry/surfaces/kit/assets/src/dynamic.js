// htmx, for the pages that swap rows and panels. A page loads it by setting `dynamic` in its layout.
import htmx from "htmx.org/dist/htmx.esm.js";

// Attributes never carry code here: the content security policy would refuse to run it.
htmx.config.includeIndicatorCSS = false;
